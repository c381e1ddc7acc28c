// For both lists of sources: a type that is `any`, because its package has no types, must not count as accepted.
import type { SocketSource } from "sockinfo";

export declare function accepts<Source extends SocketSource>(...any: 0 extends 1 & Source ? [never] : []): void;
