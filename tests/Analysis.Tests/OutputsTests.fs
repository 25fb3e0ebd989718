module Analysis.Tests.OutputsTests

open System
open Xunit
open FsCheck
open FsCheck.FSharp
open Analysis

let private reference = Reference.table "outputs.csv"
let private logits (column: string) = Outputs.create 10 (Reference.column column reference |> Array.map float32)
let private p, q = logits "p_logit", logits "q_logit"

let private scipy (name: string) = (Reference.table "divergence.csv" |> Reference.column name)[0]

[<Fact>]
let ``predictions takes the lowest class on ties`` () =
    let outputs = Outputs.create 3 [| 1f; 2f; 2f; 0f; 0f; 0f; -1f; -3f; -1f |]
    Assert.Equal<int[]>([| 1; 0; 0 |], Outputs.predictions outputs)

[<Fact>]
let ``accuracy counts hits`` () =
    let outputs = Outputs.create 2 [| 1f; 0f; 0f; 1f; 1f; 0f; 0f; 1f |]
    Assert.Equal(0.75, Outputs.accuracy [| 0; 1; 1; 1 |] outputs)

[<Fact>]
let ``collapsedTo finds the only predicted class`` () =
    Assert.Equal(Some 1, Outputs.collapsedTo (Outputs.create 2 [| 0f; 1f; 3f; 4f |]))
    Assert.Equal(None, Outputs.collapsedTo (Outputs.create 2 [| 0f; 1f; 4f; 3f |]))

[<Fact>]
let ``create refuses a diverged network and names example and class`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Outputs.create 2 [| 0f; 1f; 2f; nanf |] |> ignore)
    Assert.Contains("example 1 for class 1", error.Message)

[<Fact>]
let ``logProbabilities agrees with SciPy`` () =
    let expected = Reference.column "p_log_probability" reference
    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 12)) expected (Softmax.logProbabilities p)

[<Fact>]
let ``probabilities of huge outputs neither overflow nor lose their sum`` () =
    let probabilities = Softmax.probabilities (Outputs.create 3 [| 3e38f; 3e38f; -3e38f |])
    Assert.Equal<float[]>([| 0.5; 0.5; 0.0 |], probabilities)

[<Fact>]
let ``disagreement counts differing predictions`` () =
    let first = Outputs.create 2 [| 1f; 0f; 1f; 0f; 1f; 0f; 1f; 0f |]
    let second = Outputs.create 2 [| 1f; 0f; 0f; 1f; 1f; 0f; 2f; 0f |]
    Assert.Equal(0.25, Disagreement.between first second)
    Assert.Equal(scipy "disagreement", Disagreement.between p q)

[<Fact>]
let ``pairwise visits every unordered pair once`` () =
    Assert.Equal<(int * int)[]>([| 0, 1; 0, 2; 1, 2 |], Disagreement.pairs [| 0; 1; 2 |])
    Assert.Equal(10, (Disagreement.pairwise (Array.replicate 5 p)).Length)
    Assert.Equal<float[]>([| Disagreement.between p q; 0.0 |], Disagreement.withReference p [| q; p |])

[<Fact>]
let ``disagreement refuses models of different examples`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> Disagreement.between p (Outputs.create 10 (Array.zeroCreate 10)) |> ignore)

    Assert.Contains("20 examples of 10 classes and 1 of 10", error.Message)

[<Fact>]
let ``kl and jsd agree with SciPy in both directions`` () =
    Assert.Equal(scipy "kl_pq", Divergence.kl p q, 10)
    Assert.Equal(scipy "kl_qp", Divergence.kl q p, 10)
    Assert.Equal(scipy "jsd", Divergence.jsd p q, 10)

[<Fact>]
let ``kl and jsd stay finite where a probability underflows`` () =
    // p is certain of class 0, q of class 1 by 1000 nats: disjoint distributions, whose JSD is log 2.
    let p, q = Outputs.create 2 [| 1000f; 0f |], Outputs.create 2 [| 0f; 1000f |]
    Assert.Equal(1000.0, Divergence.kl p q, 9)
    Assert.Equal(log 2.0, Divergence.jsd p q, 12)

[<Fact>]
let ``klPairwise takes both directions and jsdPairwise one`` () =
    Assert.Equal<float[]>([| Divergence.kl p q; Divergence.kl q p |], Divergence.klPairwise [| p; q |])
    Assert.Equal<float[]>([| Divergence.jsd p q |], Divergence.jsdPairwise [| p; q |])

[<Fact>]
let ``an ensemble averages probabilities, not outputs`` () =
    // Example 0: probabilities (0.9, 0.1), (0.45, 0.55), (0.45, 0.55): mean (0.6, 0.4) although two of three models say class 1.
    let model (first: float) = Outputs.create 2 [| float32 (log first); float32 (log (1.0 - first)) |]

    let models = [| model 0.9; model 0.45; model 0.45 |]
    Assert.Equal(0.6, (Ensembles.probabilities models)[0], 6)
    Assert.Equal(1.0, Ensembles.accuracy [| 0 |] models)

[<Fact>]
let ``an ensemble of equal models has their accuracy`` () =
    let labels = Array.init 20 (fun index -> index % 10)
    Assert.Equal(Outputs.accuracy labels p, Ensembles.accuracy labels [| p; p; p |])

/// A mixture of ordinary, equal, vanishing and huge numbers.
let private extremes (ordinary: Gen<float>) (special: float list) = Gen.oneof [ ordinary; Gen.elements special ]

let private pairOf (value: Gen<float>) =
    Gen.choose (1, 6)
    |> Gen.bind (fun classes -> Gen.zip (Gen.arrayOfLength classes value) (Gen.arrayOfLength classes value))
    |> Gen.bind (fun (p, q) -> Gen.elements [ p, q; p, p; p, Array.map (fun value -> value * (1.0 + 1e-15)) p ])

let private unitInterval = Gen.choose (0, 1000) |> Gen.map (fun value -> float value / 1000.0)

[<Fact>]
let ``divergences of outputs lie in their ranges, whatever the logits`` () =
    let logits =
        extremes (unitInterval |> Gen.map (fun value -> 40.0 * value - 20.0)) [ 0.0; -0.0; 1e-45; -1e-40; 710.0; -745.0; 3.4e38; -3.4e38 ]

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen (pairOf logits)) (fun (p, q) ->
            let outputs (row: float[]) =
                Outputs.create row.Length (row |> Array.map (fun value -> float32 (Math.Clamp(value, -3.4e38, 3.4e38))))

            let p, q = outputs p, outputs q
            let jsd, kl = Divergence.jsd p q, Divergence.kl p q
            jsd >= 0.0 && jsd <= log 2.0 && jsd = Divergence.jsd q p && kl >= 0.0 && Double.IsFinite kl)
    )

[<Fact>]
let ``divergences of equal outputs are 0`` () =
    Assert.Equal(0.0, Divergence.kl p p)
    Assert.Equal(0.0, Divergence.jsd p p)
