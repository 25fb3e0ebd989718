/// What the page over a folder of runs is given: the F# side of assets/browse/types.d.ts, and how it is written as JSON.
module SparseCore.Analysis.PageData

open System
open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Serialization

/// Who makes a run now.
type Holder =
    {
        /// Its machine.
        Host: string
        /// Its process there.
        Process: int
        /// Slurm's job.
        Job: string option
        /// Whether it is this machine.
        Here: bool
        /// When it began, in seconds since 1970.
        Since: float
    }

/// A run as the list shows it. Times are seconds since 1970.
type Run =
    {
        /// Name of the folder.
        Name: string
        /// running, stopped, failed, finished, imported or unreadable.
        Status: string
        /// Why it failed or cannot be read.
        Sentence: string option
        Method: string option
        Initialiser: string option
        Network: string option
        Data: string option
        Sparsity: float option
        Seed: string option
        Steps: int option
        /// The last step of which something was saved or measured.
        Step: int option
        /// Seconds until it is finished, at its speed.
        Left: float option
        [<JsonPropertyName "test_accuracy">]
        TestAccuracy: float option
        [<JsonPropertyName "best_test_accuracy">]
        BestTestAccuracy: float option
        [<JsonPropertyName "test_loss">]
        TestLoss: float option
        [<JsonPropertyName "best_test_loss">]
        BestTestLoss: float option
        [<JsonPropertyName "active_weights">]
        ActiveWeights: int option
        Weights: int option
        Seconds: float option
        Started: float option
        /// When something of it was last written.
        Changed: float option
        Code: string option
        Machine: string option
        Engine: string option
        Holder: Holder option
        /// It is finished, and its last accuracy is at most 1.2 times that of guessing.
        Collapsed: bool
        /// Names of the runs that it derives from.
        Parents: string[]
        /// Names of its metrics, in the order in which they were first logged.
        Metrics: string[]
        /// Its row in the table of runs, as text by column.
        Cells: Map<string, string>
        /// The settings of its plan, by path.
        Settings: Map<string, string>
    }

/// All runs of a folder.
type RunList =
    {
        Root: string
        /// Counts the changes.
        Version: int
        Runs: Run[]
        /// Columns of the table of runs.
        Fields: string[]
        /// Quantiles of Student's t at 0.9, for 1, 2, 3, ... degrees of freedom.
        Quantiles: float[]
    }

/// What changed since the version before.
type RunChanges = { Version: int; Changed: Run[]; Removed: string[] }

/// One metric of one run.
type Curve =
    {
        Run: string
        Steps: int[]
        Values: float[]
        /// Every how manieth row is here; the last one always is.
        Every: int
        /// Steps of its mask updates.
        Updates: int[]
    }

/// A run without a curve, and why.
type Missing = { Run: string; Reason: string }

/// One metric of some runs.
type Curves = { Metric: string; Curves: Curve[]; Missing: Missing[] }

/// A line of a figure: a mean with its interval over runs, or one run.
type Group = { Name: string; Runs: string[] }

/// What a figure shows.
type FigureRequest =
    {
        /// svg, page or csv.
        Form: string
        Metric: string
        Groups: Group[]
        LogX: bool
        LogY: bool
        /// Weight of the past in an exponential moving average, 0 for none.
        Smoothing: float
    }

/// A checkpoint of a run.
type SavedCheckpoint = { Step: int; Bytes: int64; Hash: string option; Problem: string option }

/// How many neurons have so many active weights.
type Fan = { Count: int; Neurons: int }

/// A masked layer at one checkpoint, and against another.
type LayerMask =
    {
        Name: string
        Outputs: int
        Inputs: int
        Height: int
        Width: int
        Weights: int
        Active: int
        /// Active weights on a path from input to output.
        Effective: int
        /// Neurons on no such path.
        Dead: int
        FanIn: Fan[]
        FanOut: Fan[]
        /// Bits of the mask, base64; None where the layer is too large to be drawn.
        Bits: string option
        OtherBits: string option
        Appeared: int option
        Vanished: int option
    }

/// The masks of a run at one checkpoint.
type Masks =
    {
        Run: string
        Step: int
        Other: int option
        Layers: LayerMask[]
        /// The first layer that nothing of the input reaches beyond.
        Cut: string option
    }

/// A run that another derives from.
type Parent = { Name: string; Step: int option; Hash: string option }

/// What is shown of one run.
type RunDetails =
    {
        Name: string
        /// plan.json as it stands.
        Plan: string
        /// A command that makes the run again.
        Command: string option
        /// Where there is none, why.
        CommandNote: string option
        Parents: Parent[]
        Checkpoints: SavedCheckpoint[]
        Masks: Masks option
        MasksProblem: string option
        Verified: string[]
    }

/// A setting that two plans do not share.
type Difference = { Setting: string; First: string; Second: string }

/// Active weights of a layer in two runs.
type Overlap =
    {
        Layer: string
        Weights: int
        First: int
        Second: int
        Both: int
        /// What masks drawn by chance would share.
        Chance: float
    }

/// Two runs side by side.
type Pair =
    {
        First: string
        Second: string
        Plan: Difference[]
        Masks: Overlap[] option
        MasksProblem: string option
        FirstStep: int option
        SecondStep: int option
    }

/// What a verification found.
type Verification = { Result: string; Lines: string[] }

/// All of it in one file.
type OfflineData =
    {
        /// When it was made, for readers.
        Made: string
        List: RunList
        /// By metric.
        Curves: Map<string, Curves>
        /// By run.
        Details: Map<string, RunDetails>
    }

/// JSON has no NaN and no infinity: they are null.
type private FiniteConverter() =
    inherit JsonConverter<float>()

    override _.Read(reader, _, _) = if reader.TokenType = JsonTokenType.Null then nan else reader.GetDouble()

    override _.Write(writer, value, _) = if Double.IsFinite value then writer.WriteNumberValue value else writer.WriteNullValue()

let private options =
    let options =
        JsonSerializerOptions(
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            RespectRequiredConstructorParameters = true,
            RespectNullableAnnotations = true,
            // Letters of all languages stay; what could end a script element does not.
            Encoder = JavaScriptEncoder.Create(Text.Unicode.UnicodeRanges.All),
            MaxDepth = 16
        )

    options.Converters.Add(FiniteConverter())
    options

/// The JSON of a value, UTF-8. It can stand inside an HTML element: `<`, `>` and `&` are escaped.
let toJson (value: 'value) : byte[] = JsonSerializer.SerializeToUtf8Bytes(value, options)

/// Reads a value; refuses what is none with a sentence.
let ofJson<'value when 'value: not null> (stream: Stream) : Threading.Tasks.Task<'value> =
    task {
        try
            let! value = JsonSerializer.DeserializeAsync<'value>(stream, options)

            match value with
            | null -> return raise (InvalidDataException "Expected a JSON object, found null.")
            | value -> return value
        with :? JsonException as error ->
            return raise (InvalidDataException($"Expected JSON as the page sends it: {error.Message}", error))
    }
