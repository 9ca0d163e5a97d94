import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
import { LAUNCH, TERMINATE, TOLD } from "./commands";
import { rollOut } from "./rollOut";

const config = new pulumi.Config();
const members = [...Array(config.requireNumber("members")).keys()].map((number) => `db-${number}`);

const db = rollOut(
    "db",
    { members, rules: config.require("rules"), cloud: { kind: "pool", inventory: "hosts.yaml" } },
    (member, placed, opts) => {
        const version = config.get(`version-${member}`) ?? "1";
        return new local.Command(
            member,
            {
                create: LAUNCH,
                update: TOLD,
                delete: TERMINATE,
                environment: { MEMBER: member, VERSION: version, HOST: placed.domains["host"] },
                triggers: [version],
            },
            opts,
        );
    },
    config.requireBoolean("spare"),
);

export const plan = db.group.summary;
