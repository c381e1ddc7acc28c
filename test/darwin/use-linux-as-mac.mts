// A setup file, after fake-mac.mts: the kernel below sockinfo is linux-as-mac.mts.
import { useKernel } from "./fake-mac.mts";
import { linuxAsMac } from "./linux-as-mac.mts";

useKernel(linuxAsMac);
