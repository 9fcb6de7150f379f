// How many source texts of this process were replaced while it loaded (load-mutant.ts); 0 without a mutant.

let replaced = 0;

export function noteReplaced(): void {
  replaced += 1;
}

export function countReplaced(): number {
  return replaced;
}
