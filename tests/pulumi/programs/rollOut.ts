import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { Attachment, Group, GroupArgs, Verification, types } from "pulumi-antiaffinity";

export type Placed = pulumi.Output<types.output.Placement>;

/**
 * A group with the machine of every member: launched one after the other, attached, verified.
 *
 * One after the other, as servers that OpenStack boots at once race for a host; where machines may be launched at
 * once (a pool), leave `before` out. A Group that must be replaced is deleted first, and so is a machine, as its place
 * is its own; with `spare` the new machine comes first, which needs a free place. Why a launch was refused is said, and
 * none is made while a killed run's machine bears the member's mark.
 */
export function rollOut<Machine extends pulumi.CustomResource>(
    name: string,
    args: GroupArgs & { members: string[] },
    launch: (member: string, placed: Placed, opts: pulumi.CustomResourceOptions) => Machine,
    spare = false,
): { group: Group; machines: Record<string, Machine> } {
    const group = new Group(name, args, { deleteBeforeReplace: true });
    const machines: Record<string, Machine> = {};
    const attached: Record<string, Attachment> = {};
    for (const member of args.members) {
        const placement = group.placements[member];
        const before = Object.values(attached).slice(-1);
        const machine = launch(member, placement, {
            dependsOn: [group, ...before],
            deleteBeforeReplace: !spare,
            hooks: hooks(group, `${name}/${member}`, member, spare),
        });
        machines[member] = machine;
        attached[member] = new Attachment(
            `${name}/${member}`,
            { group: group.id, member, instance: machine.id, placement, cloud: args.cloud, clouds: args.clouds },
            { parent: group, dependsOn: [machine], protect: false },
        );
    }
    const instances = Object.fromEntries(Object.entries(attached).map(([member, one]) => [member, one.instance]));
    new Verification(name, { spec: group.spec, instances }, { parent: group, dependsOn: Object.values(attached), protect: false });
    return { group, machines };
}

/**
 * Has it said why a machine finds no place, and refuses a launch while another machine bears the member's mark.
 *
 * A machine that finds no place finds none a second later: no second try.
 */
function hooks(group: Group, name: string, member: string, spare: boolean): pulumi.ResourceHookBinding {
    const ask = (what: string, urn: string, error?: string) =>
        pulumi.runtime.invoke(`antiaffinity:index:${what}`, { spec: group.spec, member, urn, error }, { parent: group });
    const explain = async (failed: pulumi.ErrorHookArgs) => {
        if (failed.failedOperation === "create") {
            await ask("explain", failed.urn, failed.errors[0]).catch(told);
        }
        return false;
    };
    const look = async (wanted: pulumi.ResourceHookArgs) => {
        const found = await ask("leftovers", wanted.urn).catch(told);
        if (found?.message) {
            throw new Error(found.message);
        }
    };
    // An inline program's engine is known within the program alone, and hooks are called from outside it.
    const onError = [new pulumi.ErrorHook(name, AsyncResource.bind(explain))];
    return { beforeCreate: spare ? [] : [AsyncResource.bind(look)], onError };
}

function told(unreachable: Error): undefined {
    pulumi.log.warn(`antiaffinity could not be asked: ${unreachable.message}`);
    return undefined;
}
