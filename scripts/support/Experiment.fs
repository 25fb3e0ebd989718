/// The settings that decide an experiment's runs, the same for every script: network, methods' settings, and how the processor's cores are used.
module Scripting.Experiment

open System
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open SparseCore.Allocation
open SparseCore.Connectivity
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification

/// What was chosen; what was left empty is the paper's.
type Choice =
    {
        /// One of `NetworkPlan.KnownNames`.
        Network: string
        /// Hidden widths.
        Widths: int array option
        /// Layers, of families of several depths.
        Depth: int option
        /// Factor of the widths, of families that have one.
        Widening: int option
        /// Fraction of zeros.
        Sparsity: float option
        /// Length of every run.
        Steps: int option
        /// Step whose weights tickets get.
        Rewind: int option
        /// Examples in a step.
        Batch: int option
        /// Learning rate at step 0, or after the warm-up.
        LearningRate: float option
        /// Coefficient of the sum of squared weights.
        L2: float option
        /// How sparsity is shared: uniform, er or erk.
        Allocation: string option
        /// Whether the first layer keeps all its weights: dense or sparse.
        FirstLayer: string option
        /// Steps between mask updates.
        UpdateInterval: int option
        /// What becomes of a weight that a mask update drops and grows again: keep or reset.
        Regrown: string option
        /// Runs side by side.
        Jobs: int option
        /// Threads of one run.
        Threads: int option
        /// What computes.
        Engine: Engines.Choice
        /// How the folder of runs is shared.
        Sharing: Sharing.Choice
    }

/// Declares the settings of an experiment on one of these networks.
let settings (networks: string seq) (fallback: string) (given: Settings.Given) : Choice =
    {
        Network = Settings.choice (List.ofSeq networks) "network" fallback "which network" given
        Widths = Settings.optionalIntegers 1 100000 "widths" "hidden widths, empty for the paper's" given
        Depth = Settings.optionalInteger 1 10000 "depth" "layers of wrn, empty for the usual" given
        Widening = Settings.optionalInteger 1 1000 "widening" "factor of wrn's widths, empty for the usual" given
        Sparsity = Settings.optionalNumber 0.0 0.9999 "sparsity" "fraction of weights that are zero, empty for the paper's" given
        Steps = Settings.optionalInteger 1 Int32.MaxValue "steps" "length of every run, empty for the paper's" given
        Rewind =
            Settings.optionalInteger
                0
                Int32.MaxValue
                "rewind"
                "step of the dense run whose weights tickets get, empty for the paper's"
                given
        Batch = Settings.optionalInteger 1 65536 "batch" "examples in a step, empty for 128" given
        LearningRate = Settings.optionalNumber 0.0 1e6 "learning-rate" "at step 0 or after the warm-up, empty for the paper's" given
        L2 = Settings.optionalNumber 0.0 1e6 "l2" "coefficient of the sum of squared weights, empty for the paper's" given
        Allocation =
            Settings.optionalChoice (List.ofSeq Allocations.SettingNames) "allocation" "how layers share sparsity, empty for uniform" given
        FirstLayer =
            Settings.optionalChoice [ "dense"; "sparse" ] "first-layer" "whether its weights are all kept, empty for the usual" given
        UpdateInterval =
            Settings.optionalInteger
                1
                Int32.MaxValue
                "update-interval"
                "steps between mask updates, empty for the paper's (shorter in short runs)"
                given
        Regrown =
            Settings.optionalChoice
                [ "keep"; "reset" ]
                "regrown"
                "value of a weight that a mask update drops and grows again, empty for keep"
                given
        Jobs = Settings.optionalInteger 1 512 "jobs" "runs side by side, empty for the number of cores (VGG16 and ResNet-50: 1)" given
        Threads = Settings.optionalInteger 1 512 "threads" "threads of a run, empty for the cores that jobs leave to it" given
        Engine = Engines.settings given
        Sharing = Sharing.settings given
    }

/// Runs side by side on one GPU, which takes their operations one after the other; more would only wait.
let private jobsOnGpu = 4

/// The runs side by side and the threads of each: many small runs use cores best side by side, a large one uses all.
let cores (choice: Choice) : int * int =
    let processors = Environment.ProcessorCount
    let small = if Engines.isGpu choice.Engine then min jobsOnGpu processors else processors
    let jobs = choice.Jobs |> Option.defaultValue (if (NetworkDefaults.Of choice.Network).FillsMachine then 1 else small)
    jobs, choice.Threads |> Option.defaultValue (max 1 (processors / jobs))

/// The engines that make the runs.
let engines (choice: Choice) : SparseCore.Engine.IEngineFactory = choice.Engine |> Engines.onThreads (snd (cores choice))

/// Says, where the data is small, what is measured on fewer examples than the paper's.
let sayFewExamples (settings: RecipeSettings) : unit =
    settings.FewExamples |> Option.ofObj |> Option.iter (SparseCore.ForeignText.OneLine >> Console.Error.WriteLine)

/// The recipe of the runs.
let recipe (preset: Preset) (data: DataSplit) (choice: Choice) : Recipe =
    let settings =
        Experiment(
            data,
            choice.Network,
            Widths = Option.toObj choice.Widths,
            Depth = Option.toNullable choice.Depth,
            Widening = Option.toNullable choice.Widening,
            Sparsity = Option.toNullable choice.Sparsity,
            Steps = Option.toNullable choice.Steps,
            RewindStep = Option.toNullable choice.Rewind,
            Preset = preset,
            LearningRate = Option.toNullable choice.LearningRate,
            L2 = Option.toNullable choice.L2,
            BatchSize = Option.toNullable choice.Batch,
            Allocation = Option.toObj choice.Allocation,
            FirstLayerDense = (choice.FirstLayer |> Option.map ((=) "dense") |> Option.toNullable),
            UpdateInterval = Option.toNullable choice.UpdateInterval,
            Numerics = (engines choice).Identity.Numerics,
            Regrown = (if choice.Regrown = Some "reset" then Regrowth.Reset else Regrowth.Keep)
        )
            .Settings()

    sayFewExamples settings
    Recipe settings
