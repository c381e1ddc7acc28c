// Results of measured calls go here, so that V8 cannot optimize the calls away.
export const kept: { result: unknown } = { result: undefined };
