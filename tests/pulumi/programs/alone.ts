import { Group } from "pulumi-antiaffinity";

const imported: string | undefined = undefined;

export const db = new Group(
    "db",
    { members: ["db-0", "db-1", "db-2"], rules: "anti-affinity" },
    { import: imported, customTimeouts: { delete: "3s" } },
);
