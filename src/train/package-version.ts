/** The package's version, for files that say which version wrote them. A test holds it to package.json. */
export const packageVersion = "0.1.0";
