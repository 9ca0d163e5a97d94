import * as pulumi from "@pulumi/pulumi";
import * as openstack from "@pulumi/openstack";
import { rollOut } from "./rollOut";

const config = new pulumi.Config();
const members = [...Array(config.requireNumber("members")).keys()].map((number) => `db-${number}`);

const db = rollOut(
    "db",
    { members, rules: config.require("rules"), cloud: { kind: "openstack" } },
    (member, placed, opts) =>
        new openstack.compute.Instance(
            member,
            {
                imageName: "cirros",
                flavorName: "m1.nano",
                networks: [{ name: "private" }],
                userData: config.get(`version-${member}`) ?? "1",
                availabilityZone: placed.arguments.availabilityZone,
                schedulerHints: placed.arguments.schedulerHints,
                metadata: placed.arguments.metadata.apply((ours: Record<string, string>) => ({ role: "db", ...ours })),
            },
            opts,
        ),
    config.requireBoolean("spare"),
);

export const plan = db.group.summary;
