// Walks over the keyboard: runs along its rows, its columns, the alphabet or the digits, one after the other.

/** Two walks at once, as `1q2w3e`, are lines too. */
const lines = `
  1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn abcdefghijklmnopqrstuvwxyz
  1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol 1qay 2wsx 3edc 6zhn 789456123 147258369 741852963 159753
  1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 1q2w3e4r5t6z7u8i9o0p q1w2e3r4t5z6u7i8o9p0 qawsedrftgyhujikolp
  1qa2ws3ed4rf5tg6yh7uj8ik9ol0p 1a2s3d4f5g6h7j8k9l a1s2d3f4g5h6j7k8l9 1z2x3c4v5b6n7m z1x2c3v4b5n6m7
  1a2b3c4d5e6f7g8h9i0j a1b2c3d4e5f6g7h8i9j0
`
  .trim()
  .split(/\s+/);

const ways = [...lines, ...lines.map((line) => [...line].reverse().join(''))];

/** Fewer in a row are in any word. */
const leastRun = 3;

/** @returns where the run that begins here ends. */
const endOfRun = (text: string, begin: number): number => {
  let end = begin;
  while (end < text.length && ways.some((way) => way.includes(text.slice(begin, end + 1)))) end += 1;
  return end;
};

/** Less of one says nothing of what stands beside it. */
const leastWalk = 12;

/** @param text - small letters and digits. The last run may be as short as it is. */
export const isKeyboardWalk = (text: string): boolean => {
  if (text.length < leastWalk) return false;
  let begin = 0;
  while (begin < text.length) {
    const end = endOfRun(text, begin);
    if (end === begin || (end - begin < leastRun && end < text.length)) return false;
    begin = end;
  }
  return true;
};
