module Analysis.Tests.OutputsTests

open System
open Expecto
open Testing
open FsCheck
open FsCheck.FSharp
open SparseCore.Analysis

let private reference = Reference.table "outputs.csv"

let private logits (column: string) = Outputs.create 10 (Reference.column column reference |> Array.map float32)

let private p, q = logits "p_logit", logits "q_logit"

let private scipy (name: string) = (Reference.table "divergence.csv" |> Reference.column name)[0]

/// A mixture of ordinary, equal, vanishing and huge numbers.
let private extremes (ordinary: Gen<float>) (special: float list) = Gen.oneof [ ordinary; Gen.elements special ]

let private pairOf (value: Gen<float>) =
    Gen.choose (1, 6)
    |> Gen.bind (fun classes -> Gen.zip (Gen.arrayOfLength classes value) (Gen.arrayOfLength classes value))
    |> Gen.bind (fun (p, q) -> Gen.elements [ p, q; p, p; p, Array.map (fun value -> value * (1.0 + 1e-15)) p ])

let private unitInterval = Gen.choose (0, 1000) |> Gen.map (fun value -> float value / 1000.0)

let private logitPairs =
    pairOf (
        extremes (unitInterval |> Gen.map (fun value -> 40.0 * value - 20.0)) [ 0.0; -0.0; 1e-45; -1e-40; 710.0; -745.0; 3.4e38; -3.4e38 ]
    )

[<Tests>]
let tests =
    testList
        "Outputs"
        [
            testCase "predictions takes the lowest class on ties" (fun () ->
                let outputs = Outputs.create 3 [| 1f; 2f; 2f; 0f; 0f; 0f; -1f; -3f; -1f |]
                Expect.equal (Outputs.predictions outputs) [| 1; 0; 0 |] "predictions")

            testCase "accuracy counts hits" (fun () ->
                let outputs = Outputs.create 2 [| 1f; 0f; 0f; 1f; 1f; 0f; 0f; 1f |]
                Expect.equal (Outputs.accuracy [| 0; 1; 1; 1 |] outputs) 0.75 "accuracy")

            testCase "collapsedTo finds the only predicted class" (fun () ->
                Expect.equal (Outputs.collapsedTo (Outputs.create 2 [| 0f; 1f; 3f; 4f |])) (Some 1) "only predicted class"
                Expect.equal (Outputs.collapsedTo (Outputs.create 2 [| 0f; 1f; 4f; 3f |])) None "only predicted class")

            testCase "create refuses a diverged network and names example and class" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> Outputs.create 2 [| 0f; 1f; 2f; nanf |] |> ignore)
                Expect.stringContains error.Message "example 1 for class 1" "message")

            testCase "logProbabilities agrees with SciPy" (fun () ->
                let expected = Reference.column "p_log_probability" reference
                Array.iter2 (fun (a: float) b -> Expect.floatClose (decimals 12) b a "value") expected (Softmax.logProbabilities p))

            testCase "probabilities of huge outputs neither overflow nor lose their sum" (fun () ->
                let probabilities = Softmax.probabilities (Outputs.create 3 [| 3e38f; 3e38f; -3e38f |])
                Expect.equal probabilities [| 0.5; 0.5; 0.0 |] "probabilities")

            testCase "disagreement counts differing predictions" (fun () ->
                let first = Outputs.create 2 [| 1f; 0f; 1f; 0f; 1f; 0f; 1f; 0f |]
                let second = Outputs.create 2 [| 1f; 0f; 0f; 1f; 1f; 0f; 2f; 0f |]
                Expect.equal (Disagreement.between first second) 0.25 "disagreement"
                Expect.equal (Disagreement.between p q) (scipy "disagreement") "disagreement")

            testCase "pairwise visits every unordered pair once" (fun () ->
                Expect.equal (Disagreement.pairs [| 0; 1; 2 |]) [| 0, 1; 0, 2; 1, 2 |] "pairs"
                Expect.equal (Disagreement.pairwise (Array.replicate 5 p)).Length 10 "number of pairs"

                Expect.equal
                    (Disagreement.withReference p [| q; p |])
                    [| Disagreement.between p q; 0.0 |]
                    "disagreement with the reference")

            testCase "disagreement refuses models of different examples" (fun () ->
                let error =
                    Expect.thrown<ArgumentException>(fun () -> Disagreement.between p (Outputs.create 10 (Array.zeroCreate 10)) |> ignore)

                Expect.stringContains error.Message "20 examples of 10 classes and 1 of 10" "message")

            testCase "kl and jsd agree with SciPy in both directions" (fun () ->
                Expect.floatClose (decimals 10) (Divergence.kl p q) (scipy "kl_pq") "KL divergence"
                Expect.floatClose (decimals 10) (Divergence.kl q p) (scipy "kl_qp") "KL divergence"
                Expect.floatClose (decimals 10) (Divergence.jsd p q) (scipy "jsd") "Jensen-Shannon divergence")

            testCase "kl and jsd stay finite where a probability underflows" (fun () ->
                // p is certain of class 0, q of class 1 by 1000 nats: disjoint distributions, whose JSD is log 2.
                let p, q = Outputs.create 2 [| 1000f; 0f |], Outputs.create 2 [| 0f; 1000f |]
                Expect.floatClose (decimals 9) (Divergence.kl p q) 1000.0 "KL divergence"
                Expect.floatClose (decimals 12) (Divergence.jsd p q) (log 2.0) "Jensen-Shannon divergence")

            testCase "klPairwise takes both directions and jsdPairwise one" (fun () ->
                Expect.equal (Divergence.klPairwise [| p; q |]) [| Divergence.kl p q; Divergence.kl q p |] "KL divergences of pairs"
                Expect.equal (Divergence.jsdPairwise [| p; q |]) [| Divergence.jsd p q |] "Jensen-Shannon divergences of pairs")

            testCase "an ensemble averages probabilities, not outputs" (fun () ->
                // Example 0: probabilities (0.9, 0.1), (0.45, 0.55), (0.45, 0.55): mean (0.6, 0.4) although two of three models say class 1.
                let model (first: float) = Outputs.create 2 [| float32 (log first); float32 (log (1.0 - first)) |]

                let models = [| model 0.9; model 0.45; model 0.45 |]
                Expect.floatClose (decimals 6) ((Ensembles.probabilities models)[0]) 0.6 "probability of the first class"
                Expect.equal (Ensembles.accuracy [| 0 |] models) 1.0 "accuracy")

            testCase "an ensemble of equal models has their accuracy" (fun () ->
                let labels = Array.init 20 (fun index -> index % 10)
                Expect.equal (Ensembles.accuracy labels [| p; p; p |]) (Outputs.accuracy labels p) "accuracy")

            testProperty
                "divergences of outputs lie in their ranges, whatever the logits"
                (Prop.forAll (Arb.fromGen logitPairs) (fun (p, q) ->
                    let outputs (row: float[]) =
                        Outputs.create row.Length (row |> Array.map (fun value -> float32 (Math.Clamp(value, -3.4e38, 3.4e38))))

                    let p, q = outputs p, outputs q
                    let jsd, kl = Divergence.jsd p q, Divergence.kl p q
                    jsd >= 0.0 && jsd <= log 2.0 && jsd = Divergence.jsd q p && kl >= 0.0 && Double.IsFinite kl))

            testCase "divergences of equal outputs are 0" (fun () ->
                Expect.equal (Divergence.kl p p) 0.0 "KL divergence"
                Expect.equal (Divergence.jsd p p) 0.0 "Jensen-Shannon divergence")
        ]
