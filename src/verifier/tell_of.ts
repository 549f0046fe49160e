// Tells a listener of trouble, where there is one. That it fails is no reason to refuse a token, or to stop following.

export const tellOf =
  (onProblem: ((problem: unknown) => void) | undefined) =>
  (problem: unknown): void => {
    try {
      onProblem?.(problem);
    } catch {
      return;
    }
  };
