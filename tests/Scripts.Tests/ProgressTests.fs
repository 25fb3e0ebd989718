module Scripts.Tests.ProgressTests

open System
open System.IO
open System.Threading.Tasks
open Scripting
open Spectre.Console
open Expecto
open Testing

/// A display of plain lines on a text, with a clock set by hand.
let private onText runs =
    let writer = new StringWriter(NewLine = "\n")
    let clock = ref 0.0
    Progress.start writer None (fun () -> clock.Value) runs [], clock, writer

/// A display on a terminal of this width and height, with a clock set by hand; what it writes is kept.
let private onTerminal width height runs =
    let writer = new StringWriter(NewLine = "\n")
    let clock = ref 0.0
    let console = Terminal.consoleOn ColorSystemSupport.NoColors (fun () -> width, height) writer
    Progress.start writer (Some console) (fun () -> clock.Value) runs [], clock, writer

/// What a terminal shows after the text: only the sequences that the display uses, its lines without what is blank at their ends.
let private screen (text: string) =
    let lines = Collections.Generic.List<string>([ "" ])
    let mutable row = 0
    let mutable column = 0
    let mutable i = 0

    while i < text.Length do
        match text[i] with
        | '\027' ->
            let last = Seq.findIndex Char.IsLetter (text.Substring(i + 2)) + i + 2

            match text[last] with
            | 'A' -> row <- row - int (text.Substring(i + 2, last - i - 2))
            | 'K' when text.Substring(i + 2, last - i - 2) = "2" -> lines[row] <- ""
            | 'J' ->
                lines[row] <- lines[row].Substring(0, min column lines[row].Length)
                lines.RemoveRange(row + 1, lines.Count - row - 1)
            | 'm'
            | 'h'
            | 'l' -> ()
            | other -> failwith $"unexpected escape {other}"

            i <- last
        | '\r' -> column <- 0
        | '\n' ->
            row <- row + 1
            column <- 0

            if row = lines.Count then
                lines.Add ""
        | c ->
            let line = lines[row].PadRight(column + 1)
            lines[row] <- line.Remove(column, 1).Insert(column, string c)
            column <- column + 1

        i <- i + 1

    lines |> Seq.map _.TrimEnd() |> Seq.filter (fun line -> line <> "") |> List.ofSeq

[<Tests>]
let tests =
    testList
        "Progress"
        [
            testEach
                "duration reads like a clock"
                [ 0.0, "0 s"; 7.2, "8 s"; 60.0, "1 min 00 s"; 185.0, "3 min 05 s"; 7800.0, "2 h 10 min"; -1.0, "0 s" ]
                (fun (seconds, expected) -> Expect.equal (Progress.duration seconds) expected "duration")

            // 4 runs of 100 steps. One ended (100 steps), one is at 50, two are to come: 150 steps in 30 s, 250 left, so 50 s.
            testCase "secondsLeft counts runs not begun as the mean of the others" (fun () ->
                let progress, clock, _ = onText 4
                Progress.report "a" 0 100 progress
                Progress.report "a" 100 100 progress
                Progress.finish "a" progress
                Progress.report "b" 0 100 progress
                Progress.report "b" 50 100 progress
                clock.Value <- 30.0

                Expect.stringContains
                    (Progress.headline (Progress.snapshot progress))
                    "runs 1/4 done, 30 s so far, about 50 s left"
                    "headline")

            // A run that goes on from step 80 has made 10 steps in 5 s when it is at 90: 10 more take 5 s.
            testCase "secondsLeft does not count steps made before the display started" (fun () ->
                let progress, clock, _ = onText 1
                Progress.report "a" 80 100 progress
                Progress.report "a" 90 100 progress
                clock.Value <- 5.0
                Expect.equal (Progress.secondsLeft (Progress.snapshot progress)) (Some 5.0) "seconds left")

            testCase "runs found finished do not make the others look faster" (fun () ->
                let progress, clock, _ = onText 3
                Progress.skip "a" progress
                Progress.report "b" 0 100 progress
                Progress.report "b" 50 100 progress
                clock.Value <- 10.0
                Expect.equal (Progress.secondsLeft (Progress.snapshot progress)) (Some 30.0) "seconds left")

            // 10 + 2 + 2 of work. "long" does 8 of it in its first half: after these 8 s, 2 + 2 + 2 are left, not 24 s as if all were alike.
            testCase "secondsLeft follows the work that is known" (fun () ->
                let planned name (work: int -> float) : Progress.Planned = { Name = name; Steps = 100; Work = work }
                let short (step: int) = float step / 50.0
                let long (step: int) = if step <= 50 then float step * 0.16 else 8.0 + float (step - 50) * 0.04
                let runs = [ planned "long" long; planned "a" short; planned "b" short ]
                let clock = ref 0.0
                let progress = Progress.start (new StringWriter()) None (fun () -> clock.Value) runs.Length runs

                let left () =
                    Progress.secondsLeft (Progress.snapshot progress) |> Option.map (fun seconds -> Math.Round(seconds, 6))

                Progress.report "long" 0 100 progress
                Expect.equal (left ()) None "seconds left at the start"
                Progress.report "long" 50 100 progress
                clock.Value <- 8.0
                Expect.equal (left ()) (Some 6.0) "seconds left in the middle of the long run"
                Progress.report "long" 100 100 progress
                Progress.finish "long" progress
                clock.Value <- 10.0
                Expect.equal (left ()) (Some 4.0) "seconds left after it"
                Progress.fail "a" "no" progress
                Expect.equal (left ()) (Some 2.0) "seconds left when a run failed before it began")

            testCase "plain lines come every ten seconds and when a run ends" (fun () ->
                let progress, clock, writer = onText 2
                Progress.report "a" 0 100 progress

                for tenth in 1..250 do
                    clock.Value <- float tenth / 10.0
                    Progress.report "a" (tenth / 5) 100 progress
                    Progress.tick progress

                Progress.finish "a" progress
                let lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
                Expect.equal lines.Length 3 "number of lines"
                Expect.equal lines[0] "runs 0/2 done, 10 s so far, about 1 min 30 s left; under way: a 20%" "line 0"
                Expect.equal lines[2] "[1/2] a: done in 25 s" "line 2"
                Expect.stringLacks (writer.ToString()) "\027" "what was written")

            testCase "fail says which run and why, and the headline counts it" (fun () ->
                let progress, _, writer = onText 2
                Progress.report "a" 0 100 progress
                Progress.fail "a" "loss is not a number at step 7" progress
                Expect.stringContains (writer.ToString()) "[1/2] a: FAILED: loss is not a number at step 7" "what was written"
                Expect.stringContains (Progress.headline (Progress.snapshot progress)) "1/2 done, 1 failed" "headline")

            testCase "the block on a terminal replaces itself, leaves what was noted above it and is gone at the end" (fun () ->
                let progress, clock, writer = onTerminal 80 24 3
                let stays = [ "[1/3] first: done in 2 s"; "a remark"; "runs 1/3 done, 2 s so far, about 4 s left" ]

                let shown =
                    Progress.showOn progress (fun progress ->
                        Progress.report "first" 0 1000 progress
                        Progress.report "second" 0 1000 progress
                        clock.Value <- 2.0
                        Progress.report "first" 500 1000 progress
                        Progress.tick progress
                        Progress.report "first" 1000 1000 progress
                        Progress.finish "first" progress
                        Progress.note "a remark" progress
                        Progress.tick progress
                        screen (writer.ToString()))

                Expect.equal (List.take 3 shown) stays "take"
                Expect.equal shown.Length 4 "number of shown"
                Expect.isMatch (shown[3].Trim()) "^second +0/1,000 +0%$" "shown"
                Expect.isMatch (writer.ToString()) "first +━+ +500/1,000 +50%" "what was written"
                Expect.equal (screen (writer.ToString())) stays "lines on the screen")

            testCase "the block fits a small terminal" (fun () ->
                let progress, _, writer = onTerminal 20 4 50

                Progress.showOn progress (fun progress ->
                    for run in 1..30 do
                        Progress.report $"a run with a rather long name {run}" 0 1000 progress

                    Progress.tick progress
                    let lines = screen (writer.ToString())
                    Expect.inRange lines.Length (1, 4) "number of lines"

                    for line in lines do
                        Expect.isLessThanOrEqual line.Length 20 "length of the line"))

            testCase "the cursor comes back when the work fails" (fun () ->
                let progress, _, writer = onTerminal 80 24 1
                let fail () : unit = Progress.showOn progress (fun _ -> raise (OperationCanceledException()))
                Expect.throwsT<OperationCanceledException> fail "what the work ends with"
                let text = writer.ToString()

                let hidden, shown =
                    text.LastIndexOf("\027[?25l", StringComparison.Ordinal), text.LastIndexOf("\027[?25h", StringComparison.Ordinal)

                Expect.inRange hidden (0, shown) "hidden")

            testCase "reports from many threads are all counted" (fun () ->
                let progress, _, writer = onTerminal 100 24 64

                Progress.showOn progress (fun progress ->
                    Parallel.For(
                        0,
                        64,
                        fun run ->
                            for step in 0..100 do
                                Progress.report $"run {run}" step 100 progress

                            Progress.tick progress
                            Progress.finish $"run {run}" progress
                    )
                    |> ignore)

                let lines = screen (writer.ToString())
                Expect.equal lines.Length 65 "number of lines"
                Expect.stringStarts lines[64] "runs 64/64 done" "lines")

            testCase "names and reasons cannot move the cursor, fake a line or be markup" (fun () ->
                let progress, _, writer = onTerminal 200 24 2

                let shown =
                    Progress.showOn progress (fun progress ->
                        Progress.report "a\u001B[5A" 0 10 progress
                        Progress.fail "a\u001B[5A" "x\nok [red]b\u202E" progress
                        Progress.note "\u009B2Jc" progress
                        Progress.report "[bold]d[/] [" 0 10 progress
                        Progress.tick progress
                        screen (writer.ToString()))

                Expect.equal shown[0] "[1/2] a\\u{1B}[5A: FAILED: x\\u{A}ok [red]b\\u{202E}" "shown"
                Expect.equal shown[1] "\\u{9B}2Jc" "shown"
                Expect.stringStarts shown[3] "[bold]d[/] [ " "shown")

            testCase "tables show text from elsewhere as it is" (fun () ->
                let writer = new StringWriter(NewLine = "\n")
                let console = Terminal.consoleOn ColorSystemSupport.NoColors (fun () -> 80, 24) writer
                Terminal.draw console [ "first"; "second" ] [ [ "[red]a[/]"; "b\u001B[2J" ]; [ "x\ny"; "" ] ]
                let text = writer.ToString()

                for cell in [ "first"; "second"; "[red]a[/]"; "b\\u{1B}[2J"; "x\\u{A}y" ] do
                    Expect.stringContains text cell "text"

                Expect.stringLacks text "\027" "text")

            testEach
                "plain lines are wanted where nobody looks and where they are asked for"
                [
                    false, "", "", false
                    true, "", "", true
                    false, "TERM", "dumb", true
                    false, "TERM", "xterm", false
                    false, "NO_COLOR", "1", true
                    false, "CI", "true", true
                ]
                (fun (isRedirected, name, value, isPlain) ->
                    Expect.equal
                        (Terminal.isPlain isRedirected (fun variable -> if variable = name then value else null))
                        isPlain
                        "is plain")
        ]
