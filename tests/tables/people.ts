/** A made-up table whose columns depend on each other, as CSV. */

/** Numbers in [0, 1) that look random. */
const mixed = (i: number, k: number) => ((Math.imul(i + 1, 2654435761 + 40503 * k) >>> 0) % 100_003) / 100_003;

/** Rows `age,city,joined,member,income`: members are older, one income in ten is missing, joined rises with age. */
export function peopleCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const member = mixed(i, 1) < 0.4;
    const age = Math.round((member ? 55 : 30) + 8 * (mixed(i, 2) + mixed(i, 3) - 1));
    const city = ["Oslo", "Rome", "Lima"][mixed(i, 4) < 0.6 ? 0 : mixed(i, 5) < 0.7 ? 1 : 2];
    const day = new Date(Date.UTC(2000, 0, 1 + age * 50 + Math.floor(20 * mixed(i, 6)))).toISOString().slice(0, 10);
    const income = mixed(i, 7) < 0.1 ? "" : (1000 + 40 * age + 300 * mixed(i, 8)).toFixed(2);
    return `${age},${city},${day},${member ? "yes" : "no"},${income}`;
  });
  return `age,city,joined,member,income\n${lines.join("\n")}\n`;
}
