// What the server sends to the page, and what the page's files offer one another. The F# side is Analysis.FSharp/Browsing; a test holds both together.
// All times are seconds since 1970, accuracies are fractions, losses are in nats. Numbers that are not finite arrive as null.

/** How far a run came. */
type Status = "running" | "stopped" | "failed" | "finished" | "imported" | "unreadable";

/** Who makes a run now. */
interface Holder {
  host: string;
  process: number;
  /** Slurm's job, null outside of one. */
  job: string | null;
  /** Whether it is this machine. */
  here: boolean;
  since: number;
}

/** A run as the list shows it. */
interface Run {
  /** Name of the folder: letters, digits, '.', '_' and '-'; of a folder that is no run's, anything. */
  name: string;
  status: Status;
  /** Why it failed or cannot be read; null where neither. */
  sentence: string | null;
  method: string | null;
  initialiser: string | null;
  network: string | null;
  data: string | null;
  sparsity: number | null;
  /** A text: it may have twenty digits. */
  seed: string | null;
  steps: number | null;
  step: number | null;
  /** Seconds until it is finished at its speed; null where that is not known. */
  left: number | null;
  test_accuracy: number | null;
  best_test_accuracy: number | null;
  test_loss: number | null;
  best_test_loss: number | null;
  active_weights: number | null;
  weights: number | null;
  /** Time it has taken so far. */
  seconds: number | null;
  started: number | null;
  /** When something of it was last written. */
  changed: number | null;
  code: string | null;
  machine: string | null;
  engine: string | null;
  holder: Holder | null;
  /** It is finished, and its last accuracy is at most 1.2 times that of guessing. */
  collapsed: boolean;
  /** Names of the runs that it derives from. */
  parents: string[];
  /** Names of the metrics in its table. */
  metrics: string[];
  /** Its row in the table of runs, as text by field: what conditions are about. An empty text where there is no value. */
  cells: { [field: string]: string };
  /** The settings of its plan: path ("optimizer.momentum") and text ("0.9"; words without quotes). */
  settings: { [path: string]: string };
}

/** All runs of a folder. */
interface RunList {
  /** The folder, as it was named. */
  root: string;
  /** Counts the changes; the events go on from here. */
  version: number;
  runs: Run[];
  /** Names of the fields that conditions may use, in order: those of the table of runs. Settings of plans come besides. */
  fields: string[];
  /** Quantiles of Student's t at 0.9, for 1, 2, 3, ... degrees of freedom: half widths of 80% intervals. The last one holds beyond. */
  quantiles: number[];
  /** How networks are compared on the command line: "dotnet fsi scripts/compare.fsx". */
  compare: string;
}

/** What changed since the version before. */
interface RunChanges {
  version: number;
  changed: Run[];
  removed: string[];
}

/** One metric of one run. */
interface Curve {
  run: string;
  steps: number[];
  values: (number | null)[];
  /** Every how manieth row is here; the last one always is. 1 where all are. */
  every: number;
  /** Steps of its mask updates. */
  updates: number[];
}

/** One metric of some runs. */
interface Curves {
  metric: string;
  curves: Curve[];
  /** Runs without a curve, and why. */
  missing: { run: string; reason: string }[];
}

/** What a figure shows; the server draws the same from it. */
interface FigureRequest {
  form: "svg" | "page" | "csv";
  metric: string;
  /** Each a line: a mean with its 80% interval, or where it has one run, that. */
  groups: { name: string; runs: string[] }[];
  logX: boolean;
  logY: boolean;
  /** Weight of the past in an exponential moving average, 0 for none. */
  smoothing: number;
}

interface SavedCheckpoint {
  step: number;
  bytes: number;
  /** SHA-256 of its content, 64 hexadecimal digits; null where it cannot be read. */
  hash: string | null;
  problem: string | null;
}

/** A masked layer at one checkpoint. */
interface LayerMask {
  name: string;
  /** Outputs, inputs, height and width of the kernel. */
  outputs: number;
  inputs: number;
  height: number;
  width: number;
  weights: number;
  active: number;
  /** Active weights on a path from input to output. */
  effective: number;
  /** Neurons on no such path. */
  dead: number;
  /** Numbers of active weights into each output, and out of each input: how many have so many. */
  fanIn: { count: number; neurons: number }[];
  fanOut: { count: number; neurons: number }[];
  /** Bits of the mask in the order of the weights, the lowest of a byte first, base64; null where the layer is too large to be drawn. */
  bits: string | null;
  /** The same of the other checkpoint, where one was asked for. */
  otherBits: string | null;
  /** Active here and not in the other; the reverse; null where no other was asked for. */
  appeared: number | null;
  vanished: number | null;
}

/** The masks of a run at one checkpoint, and against another. */
interface Masks {
  run: string;
  step: number;
  other: number | null;
  layers: LayerMask[];
  /** The first layer that nothing of the input reaches beyond; null when there is a path. */
  cut: string | null;
}

/** What is shown of one run. */
interface RunDetails {
  name: string;
  /** plan.json as it stands. */
  plan: string;
  /** A command that makes the run again; null where no script's settings give its plan. */
  command: string | null;
  /** Where there is no command, why. */
  commandNote: string | null;
  parents: { name: string; step: number | null; hash: string | null }[];
  checkpoints: SavedCheckpoint[];
  /** Masks at the last checkpoint, or null with the reason. */
  masks: Masks | null;
  masksProblem: string | null;
  /** What was checked when it was finished, as its record says. */
  verified: string[];
}

/** Two runs side by side. */
interface Pair {
  first: string;
  second: string;
  /** Settings that are not the same; "-" where a plan has none. */
  plan: { setting: string; first: string; second: string }[];
  /** Masks at the last checkpoints; null with the reason where they cannot be compared. */
  masks: { layer: string; weights: number; first: number; second: number; both: number; chance: number }[] | null;
  masksProblem: string | null;
  firstStep: number | null;
  secondStep: number | null;
}

interface Verification {
  /** "ok", "unchecked" or "failed". */
  result: string;
  /** What was found, in lines. */
  lines: string[];
}

/** All of it in one file; what is not there cannot be shown offline. */
interface OfflineData {
  /** When it was made, for readers. */
  made: string;
  list: RunList;
  /** Rows are thinned so that the file stays small. */
  curves: { [metric: string]: Curves };
  details: { [run: string]: RunDetails };
}

/** Where the page's data comes from (source.js): a server, or the page itself. Errors are rejected with a sentence. */
interface Source {
  live: boolean;
  made: string | null;
  list(): Promise<RunList>;
  /** Hears changes until the page is left; `state` hears "live" or why it is not. */
  follow(version: number, change: (changes: RunChanges) => void, state: (text: string) => void): void;
  curves(metric: string, runs: string[]): Promise<Curves>;
  details(run: string): Promise<RunDetails>;
  masks(run: string, step: number, other: number | null): Promise<Masks>;
  pair(first: string, second: string): Promise<Pair>;
  verify(run: string): Promise<Verification>;
  /** The figure as a file. */
  figure(request: FigureRequest): Promise<Blob>;
}

/** A view of the page (list.js, curves.js, run.js, pair.js). */
interface View {
  /** Builds its elements into a place that is empty. */
  show(place: HTMLElement, address: Address): void;
  /** Hears that runs changed: names of all that are not as before. */
  update(changed: Set<string>): void;
}

/** What stands behind '#': a view, its path and its settings. "#/run/NAME?tab=masks". */
interface Address {
  view: string;
  path: string[];
  settings: URLSearchParams;
}

/** What all views share (app.js). */
interface App {
  source: Source;
  runs: Map<string, Run>;
  fields: string[];
  quantiles: number[];
  root: string;
  compare: string;
  /** Names of the runs that the reader has chosen in the list. */
  chosen: Set<string>;
  /** Conditions that the list was last narrowed by, and what it was last grouped by. */
  where: string;
  by: string[];
  /** Goes to an address; `replace` leaves no trace in the history. */
  go(address: string, replace?: boolean): void;
  /** Says something to those who see and to those who listen. */
  say(text: string): void;
}

declare const Plotly: any;
