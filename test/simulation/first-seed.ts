const dayMs = 24 * 60 * 60 * 1000;

/**
 * The first of today's seeds: other ones every day, and the same ones all day long. Tests name theirs in their titles,
 * and `SEED=N npx vitest run test/simulation` begins with that one, to look at another day's again.
 */
export const firstSeed = Number(process.env['SEED'] ?? Math.floor(Date.now() / dayMs) * 1000);
