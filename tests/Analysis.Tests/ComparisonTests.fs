module Analysis.Tests.ComparisonTests

open System
open System.IO
open System.Threading
open SparseCore.Checkpoints
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Analysis
open Expecto
open Testing

let private reference = Reference.table "outputs.csv"
let private labels = Reference.table "labels.csv" |> Reference.column "label" |> Array.map int
let private expected (column: string) = (Reference.table "calibration.csv" |> Reference.column column)[0]

let private outputs (column: string) = Outputs.create 10 (Reference.column column reference |> Array.map float32)

let private snapshot = SmallRuns.snapshot

/// Two networks, with the outputs of the reference in place of their own.
let private side (seed: int) (column: string) = Pairs.side labels None [||] (snapshot seed) (outputs column)

let private features (letter: string) =
    let table = Reference.table "features.csv"
    let columns = table.Columns |> Array.filter _.StartsWith(letter) |> Array.map (fun name -> Reference.column name table)
    Array.init 12 (fun row -> columns |> Array.map (Array.item row))

let private kernel (rows: float[][]) = Similarity.kernel [| Similarity.centered rows.Length (Array.concat rows) |]

let private data = DataSplit(SmallRuns.data 40 1, SmallRuns.data 30 2, "mine", "abc")

let private settings (kept: string) : Comparison.Settings =
    {
        Engines = SmallRuns.engines
        Jobs = 2
        Data = data
        Examples = None
        LayerExamples = 20
        Barriers = Comparison.AllPairs
        PathExamples = 10
        Statistics = Evaluation.Stored
        Kept = kept
        Report = fun _ _ _ -> ()
        Cancellation = CancellationToken.None
    }

/// Runs of one network: imported, so that they are whole without metrics.
let private runs (root: string) (seeds: int list) =
    for seed in seeds do
        SmallRuns.write root $"net{seed}" [ 0, SmallRuns.randomBlock (seed + 100); 9, SmallRuns.randomBlock seed ] |> ignore

let private select (root: string) (where: string) (at: Selection.At) by = Selection.select root (Selection.parse where) at by data

[<Tests>]
let tests =
    testList
        "Comparison"
        [
            testCase "calibration is scikit-learn's and numpy's" (fun () ->
                let found = Calibration.ofProbabilities 10 labels (Softmax.logProbabilities (outputs "p_logit"))
                Expect.floatClose Accuracy.high found.NegativeLogLikelihood.Value (expected "log_loss") "log loss"
                Expect.floatClose Accuracy.high found.Brier.Value (expected "brier") "Brier score"
                Expect.floatClose Accuracy.high found.CalibrationError.Value (expected "calibration_error") "calibration error"
                Expect.equal found.Accuracy.Value (Outputs.accuracy labels (outputs "p_logit")) "accuracy"
                Expect.isGreaterThan found.CalibrationError.Error 0.0 "its error")

            testCase "the standard error of an accuracy is the binomial one" (fun () ->
                let logs = Array.concat (Array.init 100 (fun example -> if example < 80 then [| -0.1; -2.3 |] else [| -2.3; -0.1 |]))
                let found = Calibration.ofProbabilities 2 (Array.zeroCreate 100) logs
                Expect.floatClose Accuracy.medium found.Accuracy.Error (sqrt (0.8 * 0.2 / 99.0)) "error")

            testCase "pairs of outputs are those of the other modules and scikit-learn" (fun () ->
                let p, q = outputs "p_logit", outputs "q_logit"
                let pair = Pairs.between (side 1 "p_logit") (side 2 "q_logit")
                Expect.equal pair.Disagreement (Disagreement.between p q) "disagreement"
                Expect.floatClose Accuracy.high pair.Kl (Divergence.kl p q) "KL"
                Expect.floatClose Accuracy.high pair.KlBack (Divergence.kl q p) "KL back"
                Expect.floatClose Accuracy.high pair.Jsd (Divergence.jsd p q) "JSD"
                Expect.floatClose Accuracy.high pair.ErrorConsistency (expected "kappa") "kappa")

            testCase "pairs of weights are distances, cosines and shares that can be worked by hand" (fun () ->
                let one, other = side 1 "p_logit", side 2 "q_logit"
                let pair = Pairs.between one other
                let trained (side: Pairs.Side) = (Snapshots.trained side.Snapshot).ToArray() |> Array.map float
                let dot left right = Array.map2 (*) left right |> Array.sum
                let a, b = trained one, trained other
                Expect.floatClose Accuracy.high pair.Distance (sqrt (Array.map2 (-) a b |> fun d -> dot d d)) "distance"
                Expect.floatClose Accuracy.high pair.Cosine (dot a b / sqrt (dot a a * dot b b)) "cosine"
                Expect.equal (pair.Overlap, pair.Layers.Length) (1.0, 3) "one mask"

                // Two of three weights are in both masks: a random one shares 4/9 of all, of 8/9 in either.
                Expect.isLessThan (abs (pair.OverlapByChance - 0.5)) 0.02 "overlap by chance"

                let weights =
                    [
                        for layer in 0..2 do
                            for index in one.Snapshot.Masks[layer].ActiveIndices() -> layer, index
                    ]

                let sign (side: Pairs.Side) (layer, index) = side.Snapshot.Parameters.Weights(layer)[index] > 0f
                let equal = weights |> List.filter (fun place -> sign one place = sign other place)
                Expect.floatClose Accuracy.high pair.Signs (float equal.Length / float weights.Length) "signs"
                Expect.isTrue (Double.IsNaN pair.UpdateCosine) "no common start"
                Expect.equal (Pairs.between other one).Kl (Pairs.turned pair).Kl "turned")

            testCase "updates from a common start have an angle, and a network keeps its own signs" (fun () ->
                let start = Some(snapshot 5)
                let begun seed column = Pairs.side labels start [||] (snapshot seed) (outputs column)
                let pair = Pairs.between (begun 1 "p_logit") (begun 2 "q_logit")

                let minus (finish: Snapshot) =
                    Array.map2 (-) ((Snapshots.trained finish).ToArray()) ((Snapshots.trained start.Value).ToArray())

                let a, b = minus (snapshot 1) |> Array.map float, minus (snapshot 2) |> Array.map float
                let dot left right = Array.map2 (*) left right |> Array.sum
                Expect.floatClose Accuracy.medium pair.UpdateCosine (dot a b / sqrt (dot a a * dot b b)) "cosine"
                Expect.floatClose Accuracy.medium (Pairs.between (begun 1 "p_logit") (begun 1 "q_logit")).UpdateCosine 1.0 "with itself"
                let layers, (kept, chance) = Pairs.signsOfStart (snapshot 1) (snapshot 1)
                Expect.equal (kept, layers.Length) (1.0, 3) "kept"
                Expect.isTrue (chance > 0.3 && chance < 0.8) $"{chance}")

            testCase "alignment is the unbiased estimate of Song et al., and the same for rotated and scaled features" (fun () ->
                let x, y = kernel (features "x"), kernel (features "y")
                let cka = (Reference.table "alignment.csv" |> Reference.column "cka")[0]
                Expect.floatClose Accuracy.medium (Similarity.alignment x y) cka "CKA"
                Expect.floatClose Accuracy.medium (Similarity.alignment y x) cka "symmetric"
                Expect.floatClose Accuracy.medium (Similarity.alignment x x) 1.0 "with itself"
                let sine, cosine = Math.SinCos 0.7 |> fun struct (s, c) -> s, c

                let turned =
                    features "x"
                    |> Array.map (fun row ->
                        let row = Array.copy row
                        let a, b = row[1], row[3]
                        row[1] <- cosine * a - sine * b
                        row[3] <- sine * a + cosine * b
                        row |> Array.map (fun value -> 3.0 * value + 0.0))

                Expect.floatClose Accuracy.medium (Similarity.alignment (kernel turned) y) cka "rotated and scaled"
                Expect.throwsT<ArgumentException> (fun () -> Similarity.centered 3 [| 1.0; 2.0; 3.0 |] |> ignore) "too few examples")

            testCase "kernels are those of what each layer gives, the last layer's of the outputs" (fun () ->
                let test = SmallRuns.data 30 2
                let found = Similarity.kernels test 20 (snapshot 3)
                Expect.equal found.Length 3 "layers"
                let logits = Evaluation.outputs SmallRuns.engines 1 test [| snapshot 3 |] |> Array.exactlyOne
                let own = Similarity.kernel [| Similarity.centered 20 (logits.Logits[.. 20 * 3 - 1] |> Array.map float) |]
                Expect.floatClose Accuracy.low (Similarity.alignment found[2] own) 1.0 "alignment"
                let differences = Array.map2 (fun (one: float) other -> abs (one - other)) (found[2]).Products[0] own.Products[0]
                Expect.isLessThan (Array.max differences) 1e-3 "products")

            testCase "similar things lie beside one another" (fun () ->
                let places = [| 0.0; 10.0; 0.2; 10.3; 5.0; 0.1 |]
                let order = Clustering.order (Array2D.init 6 6 (fun one other -> abs (places[one] - places[other])))
                Expect.equal (Array.sort order) [| 0..5 |] "all"
                let steps = order |> Array.pairwise |> Array.sumBy (fun (one, other) -> abs (places[one] - places[other]))
                Expect.isLessThan steps 10.4 "length of the way"
                Expect.equal (Clustering.order (Array2D.zeroCreate 1 1)) [| 0 |] "one")

            testEach
                "conditions that are none are refused in words"
                [
                    "method", "found 'method'"
                    "=3", "found '=3'"
                    "seed=5..1", "expected a range of numbers from small to large in 'seed=5..1'"
                    "seed=", "expected a value in 'seed='"
                ]
                (fun (text, message) ->
                    let error = Expect.thrown<ArgumentException>(fun () -> Selection.parse text |> ignore)
                    Expect.stringContains error.Message message "message")

            testCase "runs are selected by any field, and what is left out is said" (fun () ->
                SmallRuns.withFolder (fun root ->
                    runs root [ 1; 2; 3 ]
                    let all, left = select root "" (Selection.Step 9) [ "network" ]

                    Expect.equal
                        (all |> List.map (fun one -> one.Run.Name.Substring(0, 4), one.Step, one.Group))
                        [ for seed in 1..3 -> $"net{seed}", 9, "lenet300" ]
                        "all"

                    Expect.isEmpty left "left out"
                    let some, left = select root "name=net1,net3 network.classes=2..4" (Selection.Step 0) [ "name" ]
                    Expect.equal (some |> List.map (fun one -> one.Group, one.Step)) [ "net1", 0; "net3", 0 ] "some"
                    Expect.equal left [ { Name = "1 runs"; Reason = "where does not accept them" } ] "left out"
                    Expect.equal (select root "" Selection.All [ "network" ] |> fst |> List.length) 6 "all checkpoints"
                    let steps = select root "name=net1,net3" Selection.All [ "step"; "network" ] |> fst |> List.map _.Group
                    Expect.equal steps [ "0 lenet300"; "9 lenet300"; "0 lenet300"; "9 lenet300" ] "by their own steps"
                    let unknown = Expect.thrown<ArgumentException>(fun () -> select root "colour=red" Selection.End [] |> ignore)
                    Expect.stringContains unknown.Message "No run has a field 'colour'. The fields: run, status," "unknown field"
                    let none = Expect.thrown<ArgumentException>(fun () -> select root "" (Selection.Step 5) [] |> ignore)
                    Expect.stringContains none.Message "No network is left to compare: 3 runs" "none"
                    Expect.stringContains none.Message "it has no checkpoint at step 5" "why"))

            testCase "a mixed folder names what it cannot compare" (fun () ->
                SmallRuns.withFolder (fun root ->
                    runs root [ 1; 2 ]

                    SmallRuns.folderOf
                        root
                        "empty"
                        (File.ReadAllText(Path.Combine(Directory.GetDirectories root |> Array.head, "plan.json")).Replace("net1", "empty"))
                    |> ignore

                    let wide =
                        "{\"name\": \"wide\", \"network\": {\"name\": \"lenet300\", \"widths\": [6, 4], \"input\": {\"channels\": 1, \"height\": 4, \"width\": 4}, \"classes\": 3}}\n"

                    SmallRuns.folderOf root "wide" wide |> ignore
                    Directory.CreateDirectory(Path.Combine(root, "damaged-00000000")) |> ignore
                    File.WriteAllText(Path.Combine(root, "damaged-00000000", "plan.json"), "{")
                    let taken, left = select root "" (Selection.Step 9) [ "network" ]
                    Expect.equal taken.Length 2 "taken"

                    Expect.isTrue
                        (left |> List.exists (fun one -> one.Name.StartsWith "damaged" && one.Reason.StartsWith "unreadable"))
                        "damaged"

                    Expect.isTrue
                        (left |> List.exists (fun one -> one.Name.StartsWith "empty" && one.Reason = "it has no checkpoint yet"))
                        "empty"))

            testCase "a comparison has a row for every network, pair and line; what is kept gives the same tables" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let inRoot name = Path.Combine(root, name)
                    runs (inRoot "runs") [ 1; 2; 3 ]
                    let taken, left = select (inRoot "runs") "" (Selection.Step 9) [ "network" ]

                    let tables out =
                        Directory.CreateDirectory(inRoot out) |> ignore
                        let results = Comparison.compare (settings (inRoot "kept")) (Array.ofList taken)
                        Comparison.write (inRoot out) [ "network", "lenet300" ] left results
                        results, [ for path in Directory.GetFiles(inRoot out, "*.csv") |> Array.sort -> File.ReadAllText path ]

                    let results, first = tables "first"

                    Expect.equal
                        (results.Networks.Length, results.Pairs.Length, results.Barriers.Length, results.Groups.Length)
                        (3, 3, 3, 1)
                        "rows"

                    Expect.equal (results.Ensembles |> Array.map _.Size) [| 1; 2; 3 |] "sizes of ensembles"
                    let kept = Directory.GetFiles(inRoot "kept") |> Array.sort |> Array.map File.GetLastWriteTimeUtc
                    let _, again = tables "again"
                    Expect.equal again first "tables"

                    Expect.equal
                        (Directory.GetFiles(inRoot "kept") |> Array.sort |> Array.map File.GetLastWriteTimeUtc)
                        kept
                        "what is kept"

                    // A kept file that is damaged is made again.
                    File.WriteAllText(Directory.GetFiles(inRoot "kept") |> Array.head, "damaged")
                    Expect.equal (tables "third" |> snd) first "tables after damage"
                    let report = ComparisonReport.draw (inRoot "first")

                    // Signs over training are drawn where the same networks have checkpoints.
                    let read = ComparisonReport.read (inRoot "first")

                    let signs step networks : ComparisonTables.SignRow =
                        {
                            Group = read.Groups[0].Group
                            Step = step
                            Reference = "start"
                            Layer = "all"
                            Networks = networks
                            Equal = 0.8
                            EqualByChance = 0.5
                        }

                    let figure =
                        ComparisonReport.figures { read with Signs = [| signs 100 5; signs 200 5; signs 250 1; signs 300 5 |] }
                        |> List.pick (fun (figure, _) -> if figure.Name = "signs" then Some figure else None)

                    Expect.equal figure.Panels[0].Series[0].X [| 100.0; 200.0; 300.0 |] "steps"
                    Expect.stringContains (File.ReadAllText report) "3 networks in 1 groups, 3 pairs" "report"
                    Expect.isTrue (File.Exists(inRoot "first/pairs.svg") && File.Exists(inRoot "first/maps.html")) "figures"

                    // The line between two networks: as the module of lines measures it.
                    let masks, line = Interpolation.between (Runs.last taken[0].Run) (Runs.last taken[1].Run)
                    let line = { line with Alphas = Interpolation.spaced 0.0 1.0 11 }
                    let test = SpreadDataset.Of(data.Test, Nullable 10)
                    let losses = Interpolation.evaluate SmallRuns.engines 1 Evaluation.Stored test (masks, line) |> Array.map _.Value.Loss
                    Expect.equal results.Barriers[0].TestLoss (Interpolation.barrierHeight line.Alphas losses) "barrier"))

            testCase "a plan cannot name a parent outside the folder of runs" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let inRoot name = Path.Combine(root, name)
                    let data' = DataSplit(SmallRuns.data 200 1, SmallRuns.data 20 2, "mine", "abc")
                    let recipe = Recipe(Experiment(data', "lenet300", Widths = [| 5; 4 |], Steps = 100).Settings())
                    let ticket = Methods.Plan(recipe, "lottery", "dense", 1, 1)

                    let parent = ticket.Parents[0].Plan

                    let written (folder: string) (name: string) (json: string) =
                        use run = RunFolder.Acquire(folder, RunFolder.NameOf(name, json), json)
                        use metrics = run.OpenMetrics null
                        metrics.Flush()

                        for step in [ 0; 100 ] do
                            Checkpoint(
                                step,
                                run.PlanHash,
                                [||],
                                SmallRuns.masks,
                                SmallRuns.randomBlock 1,
                                ParameterBlock SmallRuns.network,
                                0L
                            )
                            |> run.WriteCheckpoint
                            |> ignore

                        run.FolderPath

                    let readable = parent.FolderName.Substring(0, parent.FolderName.LastIndexOf '-')
                    written (inRoot "outside") readable (parent.ToCanonicalJson()) |> ignore
                    written (inRoot "runs") readable (parent.ToCanonicalJson()) |> ignore

                    /// The parent of a ticket whose plan calls it so.
                    let parentOf (name: string) =
                        let json = ticket.Plan.ToCanonicalJson().Replace($"\"{parent.FolderName}\"", $"\"{name}\"")
                        written (inRoot "runs") "child" json |> Runs.load |> Comparison.maskParent |> Option.map _.Run

                    Expect.equal (parentOf parent.FolderName) (Some parent.FolderName) "beside it"
                    Expect.equal (parentOf ("../outside/" + parent.FolderName)) None "outside"
                    Expect.equal (parentOf "nowhere-00000000") None "not there"))

            testCase "the order of the networks changes no measure" (fun () ->
                SmallRuns.withFolder (fun root ->
                    runs (Path.Combine(root, "runs")) [ 1; 2; 3 ]
                    let taken = select (Path.Combine(root, "runs")) "" (Selection.Step 9) [ "network" ] |> fst |> Array.ofList
                    let compare kept taken = Comparison.compare (settings (Path.Combine(root, kept))) taken
                    let one, other = compare "one" taken, compare "other" (Array.rev taken)

                    for row in one.Pairs do
                        let turned = other.Pairs |> Array.find (fun each -> each.First = 2 - row.Second && each.Second = 2 - row.First)
                        let expected = Pairs.turned row.Pair

                        Expect.equal
                            (turned.Pair.Kl, turned.Pair.KlBack, turned.Pair.Jsd)
                            (expected.Kl, expected.KlBack, expected.Jsd)
                            "divergences"

                        Expect.equal (turned.Pair.Distance, turned.Pair.Signs) (expected.Distance, expected.Signs) "weights"
                        Expect.equal (turned.Pair.Layers |> Array.map _.Alignment) (expected.Layers |> Array.map _.Alignment) "layers"

                    Expect.equal other.Groups[0].Disagreement one.Groups[0].Disagreement "group"))

            testCase "cells are drawn with what their colors mean, thinned where they are many, and have no page" (fun () ->
                let figure =
                    Figures.single
                        "cells"
                        "Cells"
                        ""
                        ""
                        (Figures.heatMap "Heat" "network" "overlap" (array2D [ [ 0.0; 1.0 ]; [ nan; 0.5 ] ]))

                let drawn = Svg.render figure
                Expect.stringContains drawn "#08306b" "darkest"
                Expect.stringContains drawn "overlap  0<" "legend"
                Expect.throwsT<ArgumentException> (fun () -> Charts.traces figure |> ignore) "page"
                let many = Figures.heatMap "" "" "" (Array2D.init 300 300 (fun row column -> float (row + column)))
                Expect.equal (many.Cells |> Option.map (fun cells -> Array2D.length1 cells.Values)) (Some 100) "rows"
                Expect.equal (many.Cells |> Option.map (fun cells -> cells.Values[0, 0])) (Some 2.0) "mean of nine"
                Expect.equal (many.Cells |> Option.map (fun cells -> cells.Origin, cells.Step)) (Some((1.0, 1.0), (3.0, 3.0))) "places"
                Expect.equal many.X.Range (Some(-0.5, 299.5)) "an axis that counts what was thinned")
        ]
