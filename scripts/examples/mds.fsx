// Where training leads in parameter space: checkpoints of runs in the plane, by three kinds of multidimensional scaling. A script to copy.
// Inputs: a folder with finished runs of one network. Outputs: the stress of each map on the terminal and results/examples/mds.svg. Seconds.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open SparseCore.Analysis
open SparseCore.Analysis.Figures
open Scripting

let settings =
    Settings.orExit "Maps the checkpoints of runs in the plane." fsi.CommandLineArgs (fun given ->
        {| Runs = Settings.requiredPath "runs" "a folder with finished runs of one network" given |})

let isFinished (run: Run) = run.Folder.ReadRecord() |> Option.ofObj |> Option.exists _.Finished.HasValue

Program.run (fun _ ->
    Writable.folder "out" (Paths.fromRoot "results/examples")
    let runs = Runs.all settings.Runs |> Array.filter isFinished
    let checkpoints = runs |> Array.collect (fun run -> Runs.steps run |> Array.map (fun step -> Runs.at step run))
    let distances = checkpoints |> Array.map Snapshots.trained |> Distances.pairwise

    let map (title: string) (embedding: Mds.Embedding) =
        printfn "%-10s  stress-1 %s" title (Numbers.decimals 4 embedding.Stress1)

        let path (index: int) (run: string, places: (Snapshot * Mds.Point)[]) =
            { line (style index) run [| for _, point in places -> point.X |] [| for _, point in places -> point.Y |] with
                Drawing = LineAndPoints
            }
            |> withLabels [| for snapshot, _ in places -> string snapshot.Step |]

        let paths = Array.zip checkpoints embedding.Points |> Array.groupBy (fun (snapshot, _) -> snapshot.Run) |> Array.mapi path

        { panel (axis "first axis") (axis "second axis") (List.ofArray paths) with
            Title = title
            EqualUnits = true
        }

    let metric = map "metric" (Mds.metric Mds.defaults distances)
    let classical = map "classical" (Mds.classical distances)
    let nonMetric = map "non-metric" (Mds.nonMetric Mds.defaults distances)

    { single "mds" "Checkpoints in the plane" "" "Distances between points resemble L2 distances; numbers are training steps." metric with
        Panels = [ metric; classical; nonMetric ]
        Columns = 3
    }
    |> Svg.write (Paths.fromRoot "results/examples")
    |> printfn "%s")
#endif
