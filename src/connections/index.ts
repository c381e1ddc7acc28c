// The public names of `sockinfo/connections`. No logic here. Everything in this folder imports the core from ../core only.
export { getListenerInfo, tryGetListenerInfo, type ListenerInfo } from "./listener-info";
