/// The last line of defense: what scripts print reaches the terminal as text, whatever the names in it hold.
module Scripting.Terminal

open System
open System.Globalization
open System.IO
open SparseCore

/// Passes text on, with all but line feeds and tabs made visible (ForeignText.Lines).
type internal VisibleWriter(target: TextWriter) =
    inherit TextWriter(CultureInfo.InvariantCulture)
    override _.Encoding = target.Encoding
    override _.Write(letter: char) = target.Write(ForeignText.Lines(string letter))
    override _.Write(text: string | null) = target.Write(text |> Option.ofObj |> Option.map ForeignText.Lines |> Option.toObj)
    override _.Write(buffer: char[], index: int, count: int) = target.Write(ForeignText.Lines(String(buffer, index, count)))
    override _.WriteLine() = target.WriteLine()

    override this.WriteLine(text: string | null) =
        this.Write text
        target.WriteLine()

    override _.Flush() = target.Flush()

/// Makes foreign text in all that is printed from now on visible. The error stream needs its cursor codes: what goes there is made visible where it is written.
let showForeignText () : unit = Console.SetOut(new VisibleWriter(Console.Out))
