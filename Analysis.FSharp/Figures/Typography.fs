/// How wide a text will be, without knowing the reader's fonts.
module SparseCore.Analysis.Typography

open System

/// How much wider bold letters are, in the widest font of the stack.
let boldness = 1.22

/// Widths of ' ' .. '~' in Helvetica, in thousandths of the font size.
let private widths =
    [|
        278
        278
        355
        556
        556
        889
        667
        191
        333
        333
        389
        584
        278
        333
        278
        278
        556
        556
        556
        556
        556
        556
        556
        556
        556
        556
        278
        278
        584
        584
        584
        556
        1015
        667
        667
        722
        722
        667
        611
        778
        722
        278
        500
        667
        556
        833
        722
        778
        667
        778
        722
        667
        611
        722
        667
        944
        667
        667
        611
        278
        278
        278
        469
        556
        333
        556
        556
        500
        556
        556
        278
        556
        556
        222
        222
        500
        222
        833
        556
        556
        556
        556
        333
        500
        278
        556
        500
        722
        500
        500
        500
        334
        260
        334
        584
    |]

/// An upper estimate of the width of a text in pixels: Helvetica's widths with room for the wider fonts of the stack.
let textWidth (size: float) (text: string) =
    let width letter =
        let index = int letter - 32
        if index >= 0 && index < widths.Length then widths[index] else 600

    1.12 * size * float (Seq.sumBy width text) / 1000.0

/// Breaks a text at blanks into lines of at most the given width (a longer word stays whole).
let wrap (size: float) (width: float) (text: string) =
    let add (lines: string list) (word: string) =
        match lines with
        | current :: rest when textWidth size (current + " " + word) <= width -> (current + " " + word) :: rest
        | _ -> word :: lines

    text.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> Array.fold add [] |> List.rev
