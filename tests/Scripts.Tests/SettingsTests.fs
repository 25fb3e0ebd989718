module Scripts.Tests.SettingsTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Scripting
open Scripting.Settings
open Xunit

let private declare given =
    {|
        Sparsity = fraction "sparsity" 0.95 "fraction of weights that are zero" given
        Seeds = count "seeds" 5 "runs of each kind" given
        Rate = number 0.0 10.0 "rate" 0.1 "learning rate" given
        Method = choice [ "dense"; "prune" ] "method" "dense" "what to train" given
        Replay = flag "replay" false "whether to train again" given
        Sizes = integers 1 64 "sizes" [| 6; 16 |] "widths" given
        Runs = path "runs" "results/runs" "where runs are kept" given
        Data = optionalPath "data" "where the data is" given
    |}

let private parseTyped typed = Settings.parse "Trains." declare (Array.append [| "train.fsx" |] typed)

let private mistake typed =
    match parseTyped typed with
    | Error(Mistake text) -> text
    | other -> failwith $"expected a mistake, found %A{other}"

[<Fact>]
let ``parse of nothing gives the defaults`` () =
    match parseTyped [||] with
    | Ok settings ->
        Assert.Equal(0.95, settings.Sparsity)
        Assert.Equal(5, settings.Seeds)
        Assert.Equal("dense", settings.Method)
        Assert.Equal<int array>([| 6; 16 |], settings.Sizes)
        Assert.Equal(Paths.fromRoot "results/runs", settings.Runs)
        Assert.Equal(None, settings.Data)
    | other -> failwith $"%A{other}"

[<Fact>]
let ``parse of every kind gives its value`` () =
    let typed =
        [| "sparsity=0"; "seeds=12"; "rate=1e-3"; "method=prune"; "replay=true"; "sizes=1, 2,64"; "runs=here"; "data=there" |]

    match parseTyped typed with
    | Ok settings ->
        Assert.Equal(0.0, settings.Sparsity)
        Assert.Equal(12, settings.Seeds)
        Assert.Equal(0.001, settings.Rate)
        Assert.Equal("prune", settings.Method)
        Assert.True settings.Replay
        Assert.Equal<int array>([| 1; 2; 64 |], settings.Sizes)
        Assert.Equal(Path.GetFullPath "here", settings.Runs)
        Assert.Equal(Some(Path.GetFullPath "there"), settings.Data)
    | other -> failwith $"%A{other}"

[<Fact>]
let ``a typed -0 is 0`` () =
    match parseTyped [| "sparsity=-0"; "rate=-0.0" |] with
    | Ok settings ->
        for value in [ settings.Sparsity; settings.Rate ] do
            Assert.Equal(0.0, value)
            Assert.False(Double.IsNegative value)
    | other -> failwith $"%A{other}"

[<Theory>]
[<InlineData("sparsity=1", "sparsity: expected a number from 0 to below 1, found \"1\".")>]
[<InlineData("sparsity=-0.1", "found \"-0.1\"")>]
[<InlineData("sparsity=NaN", "found \"NaN\"")>]
[<InlineData("sparsity=0,95", "found \"0,95\"")>]
[<InlineData("rate=Infinity", "rate: expected a number from 0 to 10, found \"Infinity\".")>]
[<InlineData("seeds=0", "seeds: expected a whole number, at least 1, found \"0\".")>]
[<InlineData("seeds=2.5", "found \"2.5\"")>]
[<InlineData("seeds=99999999999", "found \"99999999999\"")>]
[<InlineData("seeds=", "found \"\"")>]
[<InlineData("method=Dense", "method: expected one of dense, prune, found \"Dense\".")>]
[<InlineData("replay=1", "replay: expected true or false, found \"1\".")>]
[<InlineData("sizes=6,,16", "sizes: expected whole numbers from 1 to 64, separated by commas, found \"6,,16\".")>]
[<InlineData("runs=", "runs: expected a path, found \"\".")>]
[<InlineData("sparsty=0.5", "unknown setting \"sparsty\".")>]
[<InlineData("0.95", "expected key=value, found \"0.95\".")>]
[<InlineData("=0.95", "unknown setting \"\".")>]
let ``parse of a mistake says what was expected and found`` (typed: string) (expected: string) =
    Assert.Contains(expected, mistake [| typed |])

[<Fact>]
let ``parse of an unknown key lists the known ones in the order of the script`` () =
    Assert.Contains("Known settings: sparsity, seeds, rate, method, replay, sizes, runs, data.", mistake [| "x=1" |])

[<Fact>]
let ``parse refuses a key that is given twice`` () = Assert.Contains("\"seeds\" is given twice", mistake [| "seeds=1"; "seeds=1" |])

[<Fact>]
let ``parse reports all mistakes at once`` () =
    let text = mistake [| "x=1"; "seeds=none"; "sparsity=2" |]
    Assert.Contains("unknown setting \"x\"", text)
    Assert.Contains("seeds: expected", text)
    Assert.Contains("sparsity: expected", text)

[<Fact>]
let ``help wins over mistakes and shows every setting with its default`` () =
    match parseTyped [| "seeds=none"; "help" |] with
    | Error(Help text) ->
        for line in [ "sparsity=0.95"; "sizes=6,16"; "runs=results/runs"; "data= "; "Usage: dotnet fsi train.fsx" ] do
            Assert.Contains(line, text)
    | other -> failwith $"expected the help, found %A{other}"

[<Fact>]
let ``defaults shown by help parse to themselves`` () =
    let typed = [| "sparsity=0.95"; "seeds=5"; "rate=0.1"; "method=dense"; "replay=false"; "sizes=6,16"; "data=" |]

    Assert.Equal(parseTyped [||], parseTyped typed)

[<Fact>]
let ``parse gives every number it accepts back`` () =
    let property (value: NormalFloat) =
        let fraction = abs (float value) % 1.0

        match parseTyped [| "sparsity=" + fraction.ToString("R", Globalization.CultureInfo.InvariantCulture) |] with
        | Ok settings -> settings.Sparsity = fraction
        | _ -> false

    Check.One(Config.QuickThrowOnFailure, property)

[<Fact>]
let ``parse of anything gives values or a printable text, never an exception`` () =
    let keys = [ "sparsity"; "seeds"; "rate"; "method"; "replay"; "sizes"; "runs"; "data"; "help"; "" ]
    let anything = ArbMap.defaults |> ArbMap.generate<char array> |> Gen.map String

    let argument =
        Gen.oneof
            [
                anything
                Gen.map2 (fun key value -> key + "=" + value) (Gen.elements keys) anything
                Gen.map2 (fun key (value: float) -> $"{key}={value}") (Gen.elements keys) (ArbMap.defaults |> ArbMap.generate<float>)
            ]

    let isPrintable text = text |> Seq.forall (fun c -> c = '\n' || not (Char.IsControl c))

    let property (typed: string array) =
        match parseTyped typed with
        | Ok settings -> settings.Seeds >= 1 && settings.Sparsity >= 0.0 && settings.Sparsity < 1.0
        | Error(Help text)
        | Error(Mistake text) -> isPrintable text

    Check.One(Config.QuickThrowOnFailure.WithMaxTest 2000, Prop.forAll (Arb.fromGen (Gen.arrayOf argument)) property)

[<Fact>]
let ``a script that declares a setting twice is wrong`` () =
    let twice given = count "a" 1 "first" given + count "a" 1 "second" given

    Assert.Throws<InvalidOperationException>(fun () -> Settings.parse "" twice [| "x.fsx" |] |> ignore)

[<Fact>]
let ``what was typed is repeated as text and cut`` () =
    Assert.Contains("found \"\\u{1B}[31mred\\u{202E}\".", mistake [| "seeds=\u001B[31mred\u202E" |])
    Assert.Contains("... (999940 more characters)\".", mistake [| "seeds=" + String('9', 1_000_000) |])
