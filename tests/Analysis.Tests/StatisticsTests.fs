module Analysis.Tests.StatisticsTests

open Expecto
open Testing
open SparseCore.Analysis

[<Tests>]
let tests =
    testList
        "Statistics"
        [
            testCase "populationDeviation of 2 4 4 4 5 5 7 9 is 2" (fun () ->
                Expect.floatClose
                    (decimals 12)
                    (Statistics.populationDeviation [| 2.0; 4.0; 4.0; 4.0; 5.0; 5.0; 7.0; 9.0 |])
                    2.0
                    "population deviation")

            testCase "confidenceHalfWidth for five values uses t(0.9, 4) at 80 percent" (fun () ->
                // Values 1..5: sample deviation sqrt 2.5; t(0.9, 4) = 1.533206 (table of Student's t).
                let expected = 1.533206 * sqrt (2.5 / 5.0)

                Expect.floatClose
                    (decimals 5)
                    (Statistics.confidenceHalfWidth 0.8 [| 1.0; 2.0; 3.0; 4.0; 5.0 |])
                    expected
                    "confidence half width")

            testCase "sampleDeviation of 1 2 3 4 5 is the root of 2.5" (fun () ->
                Expect.floatClose (decimals 12) (Statistics.sampleDeviation [| 1.0; 2.0; 3.0; 4.0; 5.0 |]) (sqrt 2.5) "sample deviation")

            testCase "band lies evenly around the mean and collapses for one value" (fun () ->
                let band = Statistics.band 0.8 [| 1.0; 2.0; 3.0 |]
                Expect.floatClose (decimals 12) band.Mean 2.0 "mean"
                // t(0.9, 2) = 1.885618, sample deviation 1.
                Expect.floatClose (decimals 5) band.Lower (2.0 - 1.885618 / sqrt 3.0) "lower"
                Expect.floatClose (decimals 5) band.Upper (2.0 + 1.885618 / sqrt 3.0) "upper"
                let expected: Statistics.Band = { Mean = 7.0; Lower = 7.0; Upper = 7.0 }
                Expect.equal (Statistics.band 0.8 [| 7.0 |]) expected "band")

            testCase "confidenceHalfWidth refuses a confidence of 1" (fun () ->
                Expect.throwsT<System.ArgumentException> (fun () -> Statistics.confidenceHalfWidth 1.0 [| 1.0; 2.0 |] |> ignore) "refusal")
        ]
