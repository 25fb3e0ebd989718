module Scripts.Tests.LotteryTicketsTests

open Analysis
open SparseCore.Data
open SparseCore.Networks
open Scripting
open Xunit

let private paths (arguments: string list) =
    match Settings.parse "title" LotteryTickets.pathSettings (Array.ofList ("script.fsx" :: arguments)) with
    | Ok paths -> paths
    | Error stop -> failwith $"{stop}"

let private network (name: string) = (NetworkSettings.plan name None [| 3; 32; 32 |] 10).Build()

let private train: Dataset =
    new ByteDataset("three", Shape(3, 32, 32), 10, Array.zeroCreate (3 * 3 * 32 * 32), [| 0; 1; 2 |])

[<Fact>]
let ``statistics are the stored ones unless a network has batch normalizations and others are asked for`` () =
    let statistics arguments name = LotteryTickets.statistics (paths arguments) train (network name)
    Assert.Equal(Evaluation.Stored, statistics [] "resnet50-small")
    Assert.Equal(Evaluation.Stored, statistics [ "batch-norm=reestimated" ] "vgg16")
    Assert.Equal(Evaluation.Reestimated(train, 1024), statistics [ "batch-norm=reestimated" ] "resnet50-small")

[<Fact>]
let ``paths of large networks are measured on 2000 examples unless told otherwise`` () =
    let examples arguments name = LotteryTickets.examples (paths arguments) (network name)
    Assert.Equal(None, examples [] "lenet5")
    Assert.Equal(Some 2000, examples [] "resnet50-small")
    Assert.Equal(Some 5, examples [ "examples=5" ] "lenet5")
    Assert.Equal(Some 5, examples [ "examples=5" ] "resnet50-small")
