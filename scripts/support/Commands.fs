/// What the scripts do, each a function of its arguments (the command's name, then what was typed), and the tool's commands likewise. A mistake ends
/// the process with a sentence and the code of `Program`.
module Scripting.Commands

open System
open System.Threading
open SparseCore
open SparseCore.Analysis
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Training

/// Reads the settings and does what they say; a mistake in them ends the process before.
let private command
    (title: string)
    (declare: Settings.Given -> 'settings)
    (run: 'settings -> CancellationToken -> unit)
    (arguments: string array)
    =
    Program.run (run (Settings.orExit title arguments declare))

let private runs (given: Settings.Given) = Settings.path "runs" "results/runs" "folder of the runs" given

/// Trains one network by any method, after the runs it derives from; the last line printed is the run's folder.
let train (arguments: string array) : unit =
    let settings =
        Settings.orExit "Trains one network, and the runs it derives from." arguments (fun given ->
            {|
                Method = Settings.choice (List.ofSeq Methods.Names) "method" "lottery" "how the sparse network comes about" given
                Experiment = Experiment.settings NetworkPlan.KnownNames "lenet5" given
                Initializer = Settings.choice (List.ofSeq InitializerNames.All) "initialiser" "dense" "of scratch, SET and RigL" given
                Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper" "which to follow where they disagree" given
                Seed = Settings.count "seed" 1 "seed of the run" given
                Updates =
                    Settings.optionalIntegers
                        1
                        Int32.MaxValue
                        "updates"
                        "mask updates that hessian.fsx can show from both sides, by their steps"
                        given
                Solution = Settings.count "solution" 1 "seed of the pruning solution it derives from" given
                Runs = runs given
                Data = Datasets.settings "mnist" given
            |})

    Program.run (fun cancellation ->
        let data = Datasets.load cancellation settings.Data
        let recipe = settings.Experiment |> Experiment.recipe (TrainingRuns.preset settings.Preset) data
        let jobs, _ = Experiment.cores settings.Experiment
        let planned = Methods.Plan(recipe, settings.Method, settings.Initializer, settings.Solution, settings.Seed)
        let updates = settings.Updates |> Option.defaultValue [||] |> Array.distinct |> Array.sort
        let run = PlannedRun(planned.Plan.SavingUpdates updates, planned.Parents)

        let maker =
            TrainingRuns.makerBy (Experiment.engines settings.Experiment) jobs settings.Experiment.Sharing settings.Runs data

        TrainingRuns.make maker cancellation [ run ]
        TrainingRuns.summary maker.Executor run |> List.iter (printfn "%s")
        printfn "%s" (maker.Executor.PathOf run.Plan))

/// Trains and analyzes lottery tickets; the last line printed is the report.
let analyzeLottery (arguments: string array) : unit =
    let settings =
        Settings.orExit "Trains and analyzes lottery tickets: Table 3 and Figure 5 of the paper." arguments (fun given ->
            {|
                Experiment = Experiment.settings NetworkPlan.KnownNames "lenet5" given
                Seeds = Settings.integer 2 1000 "seeds" 5 "runs in each group" given
                Paths = LotteryTickets.pathSettings given
                Data = Datasets.settings "mnist" given
                Runs = runs given
                Out = Settings.path "out" "results/analyze-lt" "folder of tables, figures and report" given
            |})

    Program.run (fun cancellation ->
        Writable.folder "out" settings.Out
        let data = Datasets.load cancellation settings.Data
        let recipe = settings.Experiment |> Experiment.recipe Preset.Paper data
        let jobs, threads = Experiment.cores settings.Experiment
        let experiment = LotteryExperiment.AsInPaper(recipe, settings.Seeds)

        let maker =
            TrainingRuns.makerBy (Experiment.engines settings.Experiment) jobs settings.Experiment.Sharing settings.Runs data

        TrainingRuns.make maker cancellation experiment.All

        experiment
        |> LotteryTickets.analyse
            (Engines.single settings.Experiment.Engine)
            maker.Executor
            (jobs * threads)
            cancellation
            data
            settings.Paths
            (ExperimentFacts.about recipe settings.Seeds)
            (ExperimentFacts.made arguments maker.Executor experiment.All)
            settings.Out
        |> printfn "%s")

/// Makes the paper's MNIST tables and figures.
let reproduceMnist (arguments: string array) : unit =
    Reproduce.run
        {
            Title = "Makes the paper's MNIST tables and figures."
            Network = "lenet5"
            Dataset = "mnist"
            Preset = "paper-code"
            Methods =
                [|
                    yield! [ "baseline"; "small-dense"; "prune"; "lottery"; "scratch"; "set" ]
                    yield! [ "rigl"; "rigl-inverted"; "snfs"; "snip"; "grasp"; "synflow" ]
                |]
            Initializers = ""
            HigherSparsity = 0.98
            Curves = Matrix.leNetCurves
            Seeds = 5
            Parts = Array.ofList Reproduce.parts
            Out = "results/reproduce-mnist"
        }
        arguments

/// Makes the paper's tables and figures of VGG16 and ResNet-50.
let reproduceLarge (arguments: string array) : unit =
    Reproduce.run
        {
            Title = "Makes the paper's tables and figures of VGG16 and ResNet-50."
            Network = "resnet50-small"
            Dataset = "fashion32"
            Preset = "paper"
            Methods = [| "baseline"; "lottery"; "small-dense"; "prune"; "scratch"; "set"; "rigl" |]
            Initializers = "dense"
            HigherSparsity = 0.9
            Curves = Matrix.imageNetCurves
            Seeds = 2
            Parts = [| "table1"; "fig2"; "fig3"; "fig5" |]
            Out = "results/reproduce-large"
        }
        arguments

/// Draws every figure and report again from the committed tables.
let figures (arguments: string array) : unit =
    let settings =
        Settings.orExit "Draws all figures again from the tables." arguments (fun given ->
            {| Results = Settings.path "results" "results" "folder whose subfolders hold the tables" given |})

    Program.run (fun cancellation ->
        match ResultFolders.drawAll cancellation (ForeignText.OneLine >> printfn "%s") settings.Results with
        | [] -> ()
        | failures -> raise (AggregateException failures))

/// Compares the networks in a folder.
let compare: string array -> unit = command "Compares the networks in a folder." Comparisons.settings Comparisons.run

/// Draws the loss on a plane of parameters.
let landscape: string array -> unit = command "Draws the loss on a plane of parameters." Landscapes.settings Landscapes.run

/// Spectra of Hessians.
let hessian (arguments: string array) : unit =
    command "Spectra of Hessians: of five methods, or of one run." (Curvatures.settings arguments) Curvatures.run arguments

/// Shows the runs of a folder in a browser.
let browse: string array -> unit = command "Shows the runs of a folder in a browser." Browsing.settings Browsing.run

/// Checks run folders; exit code 0 when all are ok, 1 when one is not, 3 when one could not be checked in full.
let verify (arguments: string array) : unit =
    let title =
        "Re-checks run folders. Exit code: 0 all are ok, 1 one is not as it should be, 3 one could not be checked in full."

    let settings =
        Settings.orExit title arguments (fun given ->
            {|
                Runs = Settings.path "runs" "results/runs" "folder of the runs, or one run" given
                Data = Datasets.settings "mnist" given
                Replay =
                    Settings.flag "replay" false "train again from every checkpoint to the next, in memory, and compare the bits" given
                Engine = Engines.settings given
                Threads =
                    Settings.integer
                        1
                        512
                        "threads"
                        1
                        "threads of one check; engine=torch repeatable=false gives the bits of as many threads"
                        given
                Jobs = Settings.integer 1 512 "jobs" Environment.ProcessorCount "runs checked side by side" given
            |})

    Program.run (fun cancellation ->
        let folders = RunFolder.ListForVerification settings.Runs

        if folders.Count = 0 then
            raise (TrainingException $"{settings.Runs}: expected run folders, found none. Name the folder of the runs (runs=...).")

        let data = Datasets.load cancellation settings.Data
        let engines = settings.Engine |> Engines.onThreads settings.Threads

        let code, sentence =
            folders
            |> RunChecks.verifications engines data settings.Replay settings.Jobs cancellation
            |> RunChecks.print folders.Count
            |> RunChecks.verdict

        eprintfn "%s" sentence

        if code <> 0 then
            exit code)

/// Writes a checkpoint as plain safetensors; the line printed is the file.
let export (arguments: string array) : unit =
    let settings =
        Settings.orExit "Exports a checkpoint for PyTorch and other readers of safetensors." arguments (fun given ->
            {|
                Run = Settings.requiredPath "run" "the run's folder" given
                Step = Settings.optionalInteger 0 Int32.MaxValue "step" "which checkpoint, empty for the last" given
                Out = Settings.requiredPath "out" "the file to write" given
            |})

    Program.run (fun _ ->
        Writable.file "out" settings.Out
        let run = Runs.load settings.Run
        let step = settings.Step |> Option.defaultWith (fun () -> Array.last (Runs.steps run))
        DenseExport.Write(settings.Out, run.Folder.ReadCheckpoint(step, Runs.network run))
        printfn "%s" settings.Out)

/// Makes a run of a network that was trained elsewhere; the last line printed is the run's folder.
let import (arguments: string array) : unit =
    let settings =
        Settings.orExit "Imports a network that was saved by PyTorch as safetensors." arguments (fun given ->
            let classes = Settings.count "classes" 1000 "number of classes" given

            {|
                File = Settings.requiredPath "file" "the safetensors file" given
                Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "resnet50" "which network it is" given
                Widths = Settings.optionalIntegers 1 100000 "widths" "its widths, empty for the usual ones" given
                Input = Settings.integers 1 100000 "input" [| 3; 224; 224 |] "channels, height and width of an image" given
                Classes = classes
                Masks =
                    Settings.choice
                        [ "full"; "zeros" ]
                        "masks"
                        "full"
                        "whether weights that are exactly 0 are masked, where the file stores no masks"
                        given
                Names =
                    Settings.choice
                        [ "exact"; "order" ]
                        "names"
                        "exact"
                        "whether tensors of other names are taken by shape and order"
                        given
                Mean = Settings.optionalNumbers "mean" "mean of pixels / 255 for each channel, empty for the data's own (MNIST: 0)" given
                Std = Settings.optionalNumbers "std" "standard deviation likewise, empty for the data's own (MNIST: 1)" given
                Data = Datasets.settingsOf classes "mnist" given
                Runs = runs given
            |})

    Program.run (fun cancellation ->
        let plan = NetworkSettings.plan settings.Network settings.Widths settings.Input settings.Classes
        let inputs = Imports.normalization plan.Input.Channels settings.Mean settings.Std

        let run =
            ImportPlan.Import(settings.Runs, settings.File, plan, settings.Masks = "zeros", settings.Names = "order", Option.toObj inputs)

        run.Notes |> Seq.iter (ForeignText.OneLine >> printfn "%s")

        Runs.load run.FolderPath
        |> Runs.last
        |> Imports.tried (fun () -> Datasets.load cancellation settings.Data) plan
        |> List.iter (ForeignText.OneLine >> printfn "%s")

        printfn "%s" run.FolderPath)

/// Prints what the toolkit finds on this machine.
let info (arguments: string array) : unit =
    let settings =
        Settings.orExit "Prints what the toolkit finds on this machine." arguments (fun given ->
            {| Engine = Engines.settings given; Data = Datasets.smallSettings given |})

    Program.run (fun cancellation ->
        Information.facts settings.Engine settings.Data cancellation
        |> Terminal.print [] (fun (name, value) -> [ name; value ]) (fun (name, value) -> $"{name, -11} {value}"))

/// Prints how the plans of two runs differ; exit code 1 when they do.
let diff (arguments: string array) : unit =
    let settings =
        Settings.orExit "Prints how the plans of two runs differ." arguments (fun given ->
            {|
                First = Settings.requiredPath "first" "a run's folder" given
                Second = Settings.requiredPath "second" "another run's folder" given
            |})

    Program.run (fun _ ->
        match PlanDifferences.between (Runs.load settings.First) (Runs.load settings.Second) with
        | [] -> printfn "the plans are equal"
        | differences ->
            [ for setting, first, second in differences -> List.map ForeignText.Show [ setting; first; second ] ]
            |> Terminal.print [ "setting"; "first"; "second" ] id (fun row -> $"{row[0], -40} {row[1]} -> {row[2]}")

            exit 1)
