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
        /// Method of the plan: baseline, prune, lottery, scratch, rigl, ...
        Method: string option
        /// Kind of the initializer: dense, layer-scaled, neuron-scaled, ...
        Initialiser: string option
        /// Name of the network.
        Network: string option
        /// Name of the data.
        Data: string option
        /// Fraction of weights that are zero, by the last metrics.
        Sparsity: float option
        /// Seed of the order of examples, as text: it may have twenty digits.
        Seed: string option
        /// Planned steps.
        Steps: int option
        /// The last step of which something was saved or measured.
        Step: int option
        /// Seconds until it is finished, at its speed.
        Left: float option
        /// The last logged accuracy on test data (fraction).
        [<JsonPropertyName "test_accuracy">]
        TestAccuracy: float option
        /// The best logged accuracy on test data (fraction).
        [<JsonPropertyName "best_test_accuracy">]
        BestTestAccuracy: float option
        /// The last logged loss on test data (nats).
        [<JsonPropertyName "test_loss">]
        TestLoss: float option
        /// The least logged loss on test data (nats).
        [<JsonPropertyName "best_test_loss">]
        BestTestLoss: float option
        /// Number of weights that are not masked.
        [<JsonPropertyName "active_weights">]
        ActiveWeights: int option
        /// Number of all weights, biases not among them.
        Weights: int option
        /// Time spent (seconds), by the run's own record.
        Seconds: float option
        /// When it was begun, by its own record.
        Started: float option
        /// When something of it was last written.
        Changed: float option
        /// Version of the code that made it, by its own record.
        Code: string option
        /// Processor, cores and operating system, by its own record.
        Machine: string option
        /// Library and device, by its own record.
        Engine: string option
        /// Who makes it now; None where nobody does.
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
        /// The folder of runs.
        Root: string
        /// Counts the changes.
        Version: int
        /// The runs, by name.
        Runs: Run[]
        /// Columns of the table of runs.
        Fields: string[]
        /// Quantiles of Student's t at 0.9, for 1, 2, 3, ... degrees of freedom.
        Quantiles: float[]
        /// How networks are compared on the command line: "dotnet fsi scripts/compare.fsx".
        Compare: string
    }

/// What changed since the version before.
type RunChanges =
    {
        /// The version that the list has with them.
        Version: int
        /// Runs that are new or have changed.
        Changed: Run[]
        /// Names of the folders that are gone.
        Removed: string[]
    }

/// One metric of one run.
type Curve =
    {
        /// Name of the run.
        Run: string
        /// Steps of the rows, ascending.
        Steps: int[]
        /// Values of the rows, as many as steps.
        Values: float[]
        /// One row in so many is here; the last one always is.
        Every: int
        /// Steps of its mask updates.
        Updates: int[]
    }

/// A run without a curve, and why.
type Missing =
    {
        /// Name of the run.
        Run: string
        /// A sentence.
        Reason: string
    }

/// One metric of some runs.
type Curves =
    {
        /// Name of the metric.
        Metric: string
        /// The runs that have it.
        Curves: Curve[]
        /// The runs that do not.
        Missing: Missing[]
    }

/// A line of a figure: a mean with its interval over runs, or one run.
type Group =
    {
        /// What the legend says.
        Name: string
        /// Names of its runs.
        Runs: string[]
    }

/// What a figure shows.
type FigureRequest =
    {
        /// svg, page or csv.
        Form: string
        /// Name of the metric.
        Metric: string
        /// The lines.
        Groups: Group[]
        /// Logarithmic axis of steps.
        LogX: bool
        /// Logarithmic axis of values.
        LogY: bool
        /// Weight of the past in an exponential moving average, 0 for none.
        Smoothing: float
    }

/// A checkpoint of a run.
type SavedCheckpoint =
    {
        /// Steps taken before it.
        Step: int
        /// Size of the file.
        Bytes: int64
        /// Content hash, 64 hex digits; None where the file cannot be read.
        Hash: string option
        /// Why it cannot be read.
        Problem: string option
    }

/// How many neurons have so many active weights.
type Fan =
    {
        /// Active weights of each.
        Count: int
        /// Number of neurons.
        Neurons: int
    }

/// A masked layer at one checkpoint, and against another.
type LayerMask =
    {
        /// Name of the layer.
        Name: string
        /// Output channels, or neurons.
        Outputs: int
        /// Input channels, or features.
        Inputs: int
        /// Rows of the kernel; 1 in fully connected layers.
        Height: int
        /// Columns of the kernel; 1 in fully connected layers.
        Width: int
        /// Number of weights, active or not.
        Weights: int
        /// Number of active weights.
        Active: int
        /// Active weights on a path from input to output.
        Effective: int
        /// Neurons on no such path.
        Dead: int
        /// Active weights into each output, as a histogram by rising number.
        FanIn: Fan[]
        /// Active weights out of each input, as a histogram by rising number.
        FanOut: Fan[]
        /// Bits of the mask, base64; None where the layer is too large to be drawn.
        Bits: string option
        /// Bits of the mask at the other checkpoint, base64.
        OtherBits: string option
        /// Weights that are active here and not at the other checkpoint.
        Appeared: int option
        /// Weights that are active at the other checkpoint and not here.
        Vanished: int option
    }

/// The masks of a run at one checkpoint.
type Masks =
    {
        /// Name of the run.
        Run: string
        /// The checkpoint.
        Step: int
        /// The checkpoint it is compared with.
        Other: int option
        /// The layers, in the network's order.
        Layers: LayerMask[]
        /// The first layer that nothing of the input reaches beyond.
        Cut: string option
    }

/// A run that another derives from.
type Parent =
    {
        /// Name of its folder.
        Name: string
        /// Step of the checkpoint that was taken.
        Step: int option
        /// Content hash of that checkpoint, as the first checkpoint of this run records it.
        Hash: string option
    }

/// What is shown of one run.
type RunDetails =
    {
        /// Name of the folder.
        Name: string
        /// plan.json as it stands.
        Plan: string
        /// A command that makes the run again.
        Command: string option
        /// Where there is none, why.
        CommandNote: string option
        /// Runs that it derives from.
        Parents: Parent[]
        /// Its checkpoints, ascending.
        Checkpoints: SavedCheckpoint[]
        /// Masks at its last checkpoint.
        Masks: Masks option
        /// Where there are none, why.
        MasksProblem: string option
        /// What was checked when the run ended, by its own record.
        Verified: string[]
    }

/// A setting that two plans do not share.
type Difference =
    {
        /// Path of the setting in the plan.
        Setting: string
        /// Its value in the first run.
        First: string
        /// Its value in the second run.
        Second: string
    }

/// Active weights of a layer in two runs.
type Overlap =
    {
        /// Name of the layer.
        Layer: string
        /// Number of weights, active or not.
        Weights: int
        /// Active weights in the first run.
        First: int
        /// Active weights in the second run.
        Second: int
        /// Weights active in both runs.
        Both: int
        /// What masks drawn by chance would share.
        Chance: float
    }

/// Two runs side by side.
type Pair =
    {
        /// Name of the first run.
        First: string
        /// Name of the second run.
        Second: string
        /// Settings in which the plans differ.
        Plan: Difference[]
        /// What the masks at the last checkpoints share, by layers.
        Masks: Overlap[] option
        /// Where masks cannot be compared, why.
        MasksProblem: string option
        /// Last checkpoint of the first run.
        FirstStep: int option
        /// Last checkpoint of the second run.
        SecondStep: int option
    }

/// What a verification found.
type Verification =
    {
        /// ok, unchecked or failed.
        Result: string
        /// What was found, a sentence each.
        Lines: string[]
    }

/// All of it in one file.
type OfflineData =
    {
        /// When it was made, for readers.
        Made: string
        /// The runs.
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
            MaxDepth = 16,
            TypeInfoResolver = Serialization.Metadata.DefaultJsonTypeInfoResolver()
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
