/** Repeats an assertion until it holds. For what the API offers no watch for. */
export async function eventually(check: () => Promise<void>, within = 15_000): Promise<void> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
