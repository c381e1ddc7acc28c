// Measures getMptcpInfo of a descriptor number, and prints the samples. Arguments: the rounds as JSON, the number.
import { getMptcpInfo } from "sockinfo";
import { loopMptcpInfo } from "../compared/c-loop.mts";
import { interleave, timed, type Rounds } from "../measure/interleave.mts";

const [, , rounds = "{}", number] = process.argv;
const fd = Number(number);
const variants = { loop: (calls: number) => loopMptcpInfo(fd, calls), get: timed(() => getMptcpInfo(fd)) };
console.log(JSON.stringify(await interleave(variants, JSON.parse(rounds) as Rounds)));
