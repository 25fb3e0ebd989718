module Scripts.Tests.SettingsTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Scripting
open Scripting.Settings
open Expecto
open Testing

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

/// What may be typed: a known key with a number or any text, or any text at all.
let private anyArgument =
    let keys = [ "sparsity"; "seeds"; "rate"; "method"; "replay"; "sizes"; "runs"; "data"; "help"; "" ]
    let anything = ArbMap.defaults |> ArbMap.generate<char array> |> Gen.map String

    Gen.oneof
        [
            anything
            Gen.map2 (fun key value -> key + "=" + value) (Gen.elements keys) anything
            Gen.map2 (fun key (value: float) -> $"{key}={value}") (Gen.elements keys) (ArbMap.defaults |> ArbMap.generate<float>)
        ]

let private isPrintable (text: string) = text |> Seq.forall (fun c -> c = '\n' || not (Char.IsControl c))

[<Tests>]
let tests =
    testList
        "Settings"
        [
            testCase "parse of nothing gives the defaults" (fun () ->
                match parseTyped [||] with
                | Ok settings ->
                    Expect.equal settings.Sparsity 0.95 "sparsity"
                    Expect.equal settings.Seeds 5 "seeds"
                    Expect.equal settings.Method "dense" "method"
                    Expect.equal settings.Sizes [| 6; 16 |] "sizes"
                    Expect.equal settings.Runs (Paths.fromRoot "results/runs") "runs"
                    Expect.equal settings.Data None "data"
                | other -> failwith $"%A{other}")

            testCase "parse of every kind gives its value" (fun () ->
                let typed =
                    [| "sparsity=0"; "seeds=12"; "rate=1e-3"; "method=prune"; "replay=true"; "sizes=1, 2,64"; "runs=here"; "data=there" |]

                match parseTyped typed with
                | Ok settings ->
                    Expect.equal settings.Sparsity 0.0 "sparsity"
                    Expect.equal settings.Seeds 12 "seeds"
                    Expect.equal settings.Rate 0.001 "rate"
                    Expect.equal settings.Method "prune" "method"
                    Expect.isTrue settings.Replay "replay"
                    Expect.equal settings.Sizes [| 1; 2; 64 |] "sizes"
                    Expect.equal settings.Runs (Path.GetFullPath "here") "runs"
                    Expect.equal settings.Data (Some(Path.GetFullPath "there")) "data"
                | other -> failwith $"%A{other}")

            testCase "a typed -0 is 0" (fun () ->
                match parseTyped [| "sparsity=-0"; "rate=-0.0" |] with
                | Ok settings ->
                    for value in [ settings.Sparsity; settings.Rate ] do
                        Expect.equal value 0.0 "value"
                        Expect.isFalse (Double.IsNegative value) "whether there is a minus"
                | other -> failwith $"%A{other}")

            testEach
                "parse of a mistake says what was expected and found"
                [
                    "sparsity=1", "sparsity: expected a number from 0 to below 1, found \"1\"."
                    "sparsity=-0.1", "found \"-0.1\""
                    "sparsity=NaN", "found \"NaN\""
                    "sparsity=0,95", "found \"0,95\""
                    "rate=Infinity", "rate: expected a number from 0 to 10, found \"Infinity\"."
                    "seeds=0", "seeds: expected a whole number, at least 1, found \"0\"."
                    "seeds=2.5", "found \"2.5\""
                    "seeds=99999999999", "found \"99999999999\""
                    "seeds=", "found \"\""
                    "method=Dense", "method: expected one of dense, prune, found \"Dense\"."
                    "replay=1", "replay: expected true or false, found \"1\"."
                    "sizes=6,,16", "sizes: expected whole numbers from 1 to 64, separated by commas, found \"6,,16\"."
                    "runs=", "runs: expected a path, found \"\"."
                    "sparsty=0.5", "unknown setting \"sparsty\"."
                    "0.95", "expected key=value, found \"0.95\"."
                    "=0.95", "unknown setting \"\"."
                ]
                (fun (typed, expected) -> Expect.stringContains (mistake [| typed |]) expected "mistake")

            testCase "parse of an unknown key lists the known ones in the order of the script" (fun () ->
                Expect.stringContains
                    (mistake [| "x=1" |])
                    "Known settings: sparsity, seeds, rate, method, replay, sizes, runs, data."
                    "mistake")

            testCase "parse refuses a key that is given twice" (fun () ->
                Expect.stringContains (mistake [| "seeds=1"; "seeds=1" |]) "\"seeds\" is given twice" "mistake")

            testCase "parse reports all mistakes at once" (fun () ->
                let text = mistake [| "x=1"; "seeds=none"; "sparsity=2" |]
                Expect.stringContains text "unknown setting \"x\"" "text"
                Expect.stringContains text "seeds: expected" "text"
                Expect.stringContains text "sparsity: expected" "text")

            testCase "help wins over mistakes and shows every setting with its default" (fun () ->
                match parseTyped [| "seeds=none"; "help" |] with
                | Error(Help text) ->
                    for line in [ "sparsity=0.95"; "sizes=6,16"; "runs=results/runs"; "data= "; "Usage: dotnet fsi train.fsx" ] do
                        Expect.stringContains text line "text"
                | other -> failwith $"expected the help, found %A{other}")

            testCase "defaults shown by help parse to themselves" (fun () ->
                let typed = [| "sparsity=0.95"; "seeds=5"; "rate=0.1"; "method=dense"; "replay=false"; "sizes=6,16"; "data=" |]

                Expect.equal (parseTyped typed) (parseTyped [||]) "settings")

            testProperty "parse gives every number it accepts back" (fun (NormalFloat value) ->
                let fraction = abs value % 1.0

                match parseTyped [| "sparsity=" + fraction.ToString("R", Globalization.CultureInfo.InvariantCulture) |] with
                | Ok settings -> settings.Sparsity = fraction
                | _ -> false)

            testPropertyWithConfig
                { FsCheckConfig.defaultConfig with maxTest = 2000 }
                "parse of anything gives values or a printable text, never an exception"
                (Prop.forAll (Arb.fromGen (Gen.arrayOf anyArgument)) (fun typed ->
                    match parseTyped typed with
                    | Ok settings -> settings.Seeds >= 1 && settings.Sparsity >= 0.0 && settings.Sparsity < 1.0
                    | Error(Help text)
                    | Error(Mistake text) -> isPrintable text))

            testCase "a script that declares a setting twice is wrong" (fun () ->
                let twice given = count "a" 1 "first" given + count "a" 1 "second" given

                Expect.throwsT<InvalidOperationException> (fun () -> Settings.parse "" twice [| "x.fsx" |] |> ignore) "refusal")

            testCase "what was typed is repeated as text and cut" (fun () ->
                Expect.stringContains (mistake [| "seeds=\u001B[31mred\u202E" |]) "found \"\\u{1B}[31mred\\u{202E}\"." "mistake"
                Expect.stringContains (mistake [| "seeds=" + String('9', 1_000_000) |]) "... (999940 more characters)\"." "mistake")
        ]
