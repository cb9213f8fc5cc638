/** The package for the current host: its binding with all public names, from public.ts. */
export * from "#binding";
