module Scripts.Tests.LotteryTicketsTests

open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open Scripting
open Expecto

let private paths = Typed.settings LotteryTickets.pathSettings

let private network (name: string) = (NetworkSettings.plan name None [| 3; 32; 32 |] 10).Build()

let private train: Dataset =
    new ByteDataset("three", Shape(3, 32, 32), 10, Array.zeroCreate (3 * 3 * 32 * 32), [| 0; 1; 2 |])

[<Tests>]
let tests =
    testList
        "LotteryTickets"
        [
            testCase "statistics are the stored ones unless a network has batch normalizations and others are asked for" (fun () ->
                let statistics arguments name = LotteryTickets.statistics (paths arguments) train (network name)
                Expect.equal (statistics [] "resnet50-small") Evaluation.Stored "statistics"
                Expect.equal (statistics [ "batch-norm=reestimated" ] "vgg16") Evaluation.Stored "statistics"
                Expect.equal (statistics [ "batch-norm=reestimated" ] "resnet50-small") (Evaluation.Reestimated(train, 1024)) "statistics")

            testCase "paths of large networks are measured on 2000 examples unless told otherwise" (fun () ->
                let examples arguments name = LotteryTickets.examples (paths arguments) (network name)
                Expect.equal (examples [] "lenet5") None "examples"
                Expect.equal (examples [] "resnet50-small") (Some 2000) "examples"
                Expect.equal (examples [ "examples=5" ] "lenet5") (Some 5) "examples"
                Expect.equal (examples [ "examples=5" ] "resnet50-small") (Some 5) "examples")
        ]
