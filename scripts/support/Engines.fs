/// The one place where a program chooses its engine; everything else takes what it is given.
module Scripting.Engines

open System.Runtime.CompilerServices
open SparseCore.Cpu
open SparseCore.Engine
open SparseCore.Torch
open SparseCore.Torch.Library

/// What computes, and how.
type Choice =
    {
        /// cpu, the toolkit's own engine, or torch, libtorch.
        Name: string
        /// cpu, cuda or cuda:N.
        Device: string
        /// One of `Precisions.Names`.
        Precision: string
        /// Examples of a training step that are computed at once.
        MicroBatch: int option
        /// Whether libtorch's bits on the processor do not depend on the number of threads; None where that can be had.
        IsRepeatable: bool option
        /// The folder of libtorch, where it is not that of the restored package.
        Folder: string option
    }

/// The toolkit's own engine.
let cpu: Choice =
    {
        Name = "cpu"
        Device = "cpu"
        Precision = "float32"
        MicroBatch = None
        IsRepeatable = None
        Folder = None
    }

/// Declares engine=, device=, precision=, micro-batch=, repeatable= and torch=.
let settings (given: Settings.Given) : Choice =
    let device =
        Settings.custom
            "cpu, cuda or cuda:N"
            (fun text -> if text = "cpu" || text = "cuda" || text.StartsWith "cuda:" then Some text else None)
            id

    {
        Name = Settings.choice [ "cpu"; "torch" ] "engine" "cpu" "what computes: cpu, the toolkit's own engine, or torch, libtorch" given
        Device = device "device" "cpu" "where engine=torch computes" given
        Precision = Settings.choice (List.ofSeq Precisions.Names) "precision" "float32" "number format of engine=torch's products" given
        MicroBatch =
            Settings.optionalInteger
                1
                65536
                "micro-batch"
                "examples of a step that engine=torch computes at once, empty for the whole batch; batch normalizations see each part alone"
                given
        IsRepeatable =
            Settings.optionalChoice
                [ "true"; "false" ]
                "repeatable"
                "whether engine=torch gives the same bits for any number of threads, which costs time; empty: true on the processor, on Linux and x64"
                given
            |> Option.map (fun word -> word = "true")
        Folder = Settings.optionalPath "torch" "folder of libtorch, empty for the package, which is downloaded once" given
    }

/// Whether it computes on a GPU.
let isGpu (choice: Choice) = choice.Device <> "cpu"

/// Where libtorch is looked for, and where a copy of its bridge is put: in the repository; the tool looks where the library does by itself.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let internal lookInRepository () =
    if Paths.repository.IsSome then
        LibtorchLoader.PackageFolders <- [| Paths.fromRoot "artifacts/packages" |]
        LibtorchLoader.CopyFolder <- Paths.fromRoot "artifacts/torch"

/// What engine=torch finds on this machine, without loading or downloading anything: names and values.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let facts (choice: Choice) : (string * string) list =
    lookInRepository ()
    let found = LibtorchLoader.Find(Option.toObj choice.Folder, choice.Device)

    let library =
        match found.Problem with
        | null ->
            let kind = if found.HasCuda then "with CUDA" else "for the processor"
            $"{found.Version}, {kind}, in {found.Folder}"
        | _ when found.CanBeRestored && Paths.repository.IsSome ->
            "not downloaded; engine=torch does that once (128 MB, 600 MB on the disk)"
        | problem -> problem

    let gpus =
        [
            for gpu in CudaDriver.Gpus() -> $"{gpu.Name}, %.0f{float gpu.MemoryBytes / 1e9} GB, compute capability {gpu.Capability}"
        ]

    [
        "libtorch", library
        "GPUs",
        (if gpus.IsEmpty then
             "none that an NVIDIA driver shows; device=cuda needs one"
         else
             String.concat "; " gpus)
    ]

/// Not inlined: nobody else loads SparseCore.Torch.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private torch (threads: int) (choice: Choice) : IEngineFactory =
    try
        lookInRepository ()

        match Paths.repository with
        | Some root when choice.Folder.IsNone && LibtorchLoader.Find(null, choice.Device).CanBeRestored ->
            LibtorchRestore.Restore(root, choice.Device, (fun text -> eprintfn "%s" text))
        | _ -> ()

        let options =
            EngineOptions(
                Threads = threads,
                Device = choice.Device,
                Precision = Precisions.Parse choice.Precision,
                MicroBatch = Option.toNullable choice.MicroBatch,
                IsRepeatable = (choice.IsRepeatable |> Option.defaultWith (fun () -> TorchEngineFactory.CanRepeat choice.Device))
            )

        new TorchEngineFactory(options, Option.toObj choice.Folder)
    with :? TorchException as error ->
        raise (Program.UnavailableException(error.Message, error))

/// Engines on several threads each; results do not depend on their number, but for the last bits of libtorch's with repeatable=false. Raises an UnavailableException where they cannot be had here.
let onThreads (threads: int) (choice: Choice) : IEngineFactory =
    if choice.Name = "torch" then
        torch threads choice
    elif choice <> cpu then
        raise (
            Program.UnavailableException
                "device=, precision=, micro-batch=, repeatable= and torch= are for engine=torch: expected them left out, or engine=torch beside them."
        )
    else
        new CpuEngineFactory(EngineOptions(Threads = threads))

/// Engines on one thread each: side by side, small runs use the cores better than one run does.
let single (choice: Choice) : IEngineFactory = onThreads 1 choice
