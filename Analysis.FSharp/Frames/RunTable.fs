/// A table of runs: a row a run, whatever state its folder is in.
module SparseCore.Analysis.RunTable

open System
open System.IO
open System.Text.Json
open SparseCore
open SparseCore.RunFolders

/// What the folder of a run tells. What it does not tell is None.
type Row =
    {
        /// Name of the folder.
        Run: string
        /// finished; imported; step k of n, for a run under way or interrupted; failed at step k of n, with its error; unreadable, with a sentence that says why.
        Status: string
        /// The method in the plan: baseline, prune, lottery, scratch, rigl, ...
        Method: string option
        /// Kind of the initializer, where the first weights were drawn: dense, layer-scaled, neuron-scaled, ...
        Initializer: string option
        /// Name of the network.
        Network: string option
        /// Name of the data.
        Data: string option
        /// Fraction of weights that are zero at the end of the metrics, or in an imported network. To four decimals: layers round what was asked for.
        Sparsity: float option
        /// Seed of the order of examples. A text, since it may have twenty digits.
        Seed: string option
        /// Planned steps.
        Steps: int option
        /// Step of the last checkpoint.
        Step: int option
        /// The last logged accuracy on test data (fraction).
        TestAccuracy: float option
        /// The best logged accuracy on test data (fraction).
        BestTestAccuracy: float option
        /// The last logged loss on test data (nats).
        TestLoss: float option
        /// The least logged loss on test data (nats).
        BestTestLoss: float option
        /// Number of weights that are not masked, as Sparsity.
        ActiveWeights: int option
        /// Number of all weights, biases not among them.
        Weights: int option
        /// Time spent (seconds), by the run's own record.
        Seconds: float option
    }

/// The columns of the table.
let columns =
    Columns.ofRecord<Row> {
        let! run = Columns.text "run" _.Run
        and! status = Columns.text "status" _.Status
        and! method = Columns.optionalText "method" _.Method
        and! initializer = Columns.optionalText "initialiser" _.Initializer
        and! network = Columns.optionalText "network" _.Network
        and! data = Columns.optionalText "data" _.Data
        and! sparsity = Columns.optionalNumber "sparsity" _.Sparsity
        and! seed = Columns.optionalText "seed" _.Seed
        and! steps = Columns.optionalInteger "steps" _.Steps
        and! step = Columns.optionalInteger "step" _.Step
        and! testAccuracy = Columns.optionalNumber "test_accuracy" _.TestAccuracy
        and! bestTestAccuracy = Columns.optionalNumber "best_test_accuracy" _.BestTestAccuracy
        and! testLoss = Columns.optionalNumber "test_loss" _.TestLoss
        and! bestTestLoss = Columns.optionalNumber "best_test_loss" _.BestTestLoss
        and! activeWeights = Columns.optionalInteger "active_weights" _.ActiveWeights
        and! weights = Columns.optionalInteger "weights" _.Weights
        and! seconds = Columns.optionalNumber "seconds" _.Seconds

        return
            {
                Run = run
                Status = status
                Method = method
                Initializer = initializer
                Network = network
                Data = data
                Sparsity = sparsity
                Seed = seed
                Steps = steps
                Step = step
                TestAccuracy = testAccuracy
                BestTestAccuracy = bestTestAccuracy
                TestLoss = testLoss
                BestTestLoss = bestTestLoss
                ActiveWeights = activeWeights
                Weights = weights
                Seconds = seconds
            }
    }

/// Reads a part of a run. What cannot be read is None, and its sentence is kept.
let private attempt (problems: ResizeArray<string>) (read: unit -> 'part option) : 'part option =
    try
        read ()
    with
    | :? IOException
    | :? InvalidDataException
    | :? UnauthorizedAccessException
    | :? ArgumentException as error ->
        problems.Add(ErrorText.Of error)
        None

/// Kind of the initializer in the plan of a run that was trained here.
let private initializerIn (planJson: string) : string option =
    use plan = JsonDocument.Parse planJson

    match plan.RootElement.GetProperty("weights").TryGetProperty "initializer" with
    | true, initializer -> initializer.GetProperty("kind").GetString() |> Option.ofObj
    | false, _ -> None

let private status (run: Run) (record: RunRecord option) (step: int option) (problems: string seq) : string =
    match run.Plan, Seq.tryHead problems with
    | _, Some problem -> $"unreadable: {problem}"
    | Unreadable reason, None -> $"unreadable: {reason}"
    | Imported _, None -> "imported"
    | Trained plan, None ->
        let reached = $"step {Option.defaultValue 0 step} of {plan.Steps}"

        match record with
        | Some record when record.Status = RunStatus.Finished -> "finished"
        | Some record when record.Status = RunStatus.Failed ->
            let error = record.Error |> Option.ofObj |> Option.map ForeignText.OneLine |> Option.defaultValue "no error recorded"
            $"failed at {reached}: {error}"
        | _ -> reached

/// What the folder of a run tells, read once.
type Look =
    {
        /// Its row.
        Row: Row
        /// The run; None where the folder cannot be opened.
        Run: Run option
        /// What it trains; None where the plan does not say.
        Network: SparseCore.Networks.Network option
        /// Its record; None where there is none, or it cannot be read.
        Record: RunRecord option
        /// What its metrics come to, as far as they can be read.
        Metrics: MetricsSummary
    }

let private lookAt (run: Run) : Look =
    let problems = ResizeArray<string>()

    let trained =
        match run.Plan with
        | Trained plan -> Some plan
        | Imported _
        | Unreadable _ -> None

    let step = attempt problems (fun () -> Runs.steps run |> Array.tryLast)
    let record = attempt problems (fun () -> run.Folder.ReadRecord() |> Option.ofObj)

    // A run under way may be in the middle of a line, or just have begun.
    let summarize () =
        if record |> Option.exists (fun record -> record.Status = RunStatus.Running) then
            if File.Exists run.Folder.MetricsPath then
                run.Folder.SummarizeMetricsSoFar()
            else
                MetricsSummary.Empty
        else
            run.Folder.SummarizeMetrics()

    let metrics = attempt problems (summarize >> Some) |> Option.defaultValue MetricsSummary.Empty
    let logged (name: string) = metrics.Of name |> Option.ofObj

    let network = attempt problems (fun () -> Some(Runs.network run))
    let weights = network |> Option.map (fun network -> network.Layers |> Seq.sumBy _.WeightCount)

    let activeWeights =
        match run.Plan with
        | Imported _ -> attempt problems (fun () -> Some (Runs.last run).Masks.ActiveCount)
        | Trained _
        | Unreadable _ -> logged "active_weights" |> Option.map (_.Last >> int)

    let row =
        {
            Run = run.Name
            Status = status run record step problems
            Method = trained |> Option.map _.Method
            Initializer = trained |> Option.bind (fun _ -> initializerIn run.Folder.PlanJson)
            Network = network |> Option.map _.Name
            Data = Runs.data run |> Option.map _.Name
            Sparsity = Option.map2 (fun active all -> Math.Round(1.0 - float active / float all, 4)) activeWeights weights
            Seed = trained |> Option.map (fun plan -> plan.Seed.ToString Globalization.CultureInfo.InvariantCulture)
            Steps = trained |> Option.map _.Steps
            Step = step
            TestAccuracy = logged "test_accuracy" |> Option.map _.Last
            BestTestAccuracy = logged "test_accuracy" |> Option.map _.Greatest
            TestLoss = logged "test_loss" |> Option.map _.Last
            BestTestLoss = logged "test_loss" |> Option.map _.Least
            ActiveWeights = activeWeights
            Weights = weights
            Seconds = record |> Option.map _.Seconds
        }

    { Row = row; Run = Some run; Network = network; Record = record; Metrics = metrics }

/// The row of a folder that cannot be opened.
let private unopened (path: string) (problem: string) : Row =
    {
        Run = string (Path.GetFileName path)
        Status = $"unreadable: {problem}"
        Method = None
        Initializer = None
        Network = None
        Data = None
        Sparsity = None
        Seed = None
        Steps = None
        Step = None
        TestAccuracy = None
        BestTestAccuracy = None
        TestLoss = None
        BestTestLoss = None
        ActiveWeights = None
        Weights = None
        Seconds = None
    }

/// Looks at a run folder. Plan, record and metrics are read, and the checkpoint of an imported run; other checkpoints are not opened.
let look (path: string) : Look =
    let problems = ResizeArray<string>()

    match attempt problems (fun () -> Some(Runs.load path)) with
    | Some run -> lookAt run
    | None ->
        {
            Row = unopened path problems[0]
            Run = None
            Network = None
            Record = None
            Metrics = MetricsSummary.Empty
        }

/// The row of a run folder, as look reads it.
let ofFolder (path: string) : Row = (look path).Row

/// The rows of all runs in a folder, ordered by name; none where there is no such folder. Folders of which only parts are left are among them. Runs whose
/// names are shown alike, because they are not UTF-8, are one row.
let all (folder: string) : Row[] = RunFolder.ListForVerification folder |> Seq.map ofFolder |> Seq.distinctBy _.Run |> Array.ofSeq
