/** Why a capability is not written, in one line for whoever asked for it. */
export class Refusal extends Error {}
