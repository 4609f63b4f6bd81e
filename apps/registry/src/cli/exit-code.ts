/** What the process tells whoever started it. Part of the program's interface: codes are never reused. */
export const EXIT_CODE = {
  ok: 0,
  startFailed: 1,
  usage: 2,
  configInvalid: 3,
  dataDirectoryInUse: 4,
  refused: 5,
  noServer: 6,
  faultsFound: 7,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;
