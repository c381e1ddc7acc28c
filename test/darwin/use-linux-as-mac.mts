// A setup file, after fake-mac.mts, that sets the kernel of linux-as-mac.mts.
import { useKernel } from "./fake-mac.mts";
import { linuxAsMac } from "./linux-as-mac.mts";

useKernel(linuxAsMac);
