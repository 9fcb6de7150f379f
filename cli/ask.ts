// One question at the terminal, on stderr: stdout is for the result.

import { createInterface } from 'node:readline/promises';

/** The answer, or `fallback` for an empty line and for the end of the input. */
export async function ask(
  question: string,
  fallback: string,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<string> {
  const lines = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([lines.question(`${question} [${fallback}]: `), ended]);
    return answer.trim() || fallback;
  } finally {
    lines.close();
  }
}
