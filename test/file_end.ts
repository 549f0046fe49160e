// What a test leaves behind is undone when its file is over. A hook in a module that several files import would not do: Vitest
// reads such a module once for all the files of a process, and the hook is the first one's alone.

type Undo = () => void | Promise<void>;

const undone = new Set<Undo>();

/** @returns how to call it off. */
export const atFileEnd = (undo: Undo): (() => void) => {
  undone.add(undo);
  return () => undone.delete(undo);
};

/** The last first: a process ends before its folder is removed. */
export const undoAll = async (): Promise<void> => {
  for (const undo of [...undone].reverse()) {
    undone.delete(undo);
    await undo();
  }
};
