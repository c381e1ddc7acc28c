declare const PACKAGE_VERSION: string;

/** Of package.json, which the build puts here. */
export const VERSION: string = PACKAGE_VERSION;
