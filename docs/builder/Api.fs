/// What a library shows to those who use it, whatever language it is written in.
namespace Docs

open System.IO
open System.Xml.Linq

/// A function, method, property, field, case or constructor.
type Member =
    {
        /// As the compiler names it in the documentation file: "M:SparseCore.Parameters.Mask.Count".
        Id: string
        Name: string
        /// In the words of its own language, on one line.
        Signature: string
        /// Its comment; None where there is none.
        Comment: XElement option
    }

/// A class, record, interface, union or module.
type ApiType =
    {
        Id: string
        /// "SparseCore.Parameters".
        Namespace: string
        /// Without the namespace: "Mask", "LearningRateSchedule.Step", "Registry<T>".
        Name: string
        /// "class", "record", "module" and so on.
        Kind: string
        Signature: string
        Comment: XElement option
        /// In the order of their names.
        Members: Member list
    }

/// The public part of an assembly.
type Library =
    {
        /// The package's name, which is the assembly's.
        Name: string
        /// "csharp" or "fsharp": what signatures are written in.
        Language: string
        Types: ApiType list
    }

module Api =

    /// The comments in the documentation file beside an assembly, by the names that compilers give.
    let comments (assembly: string) : Map<string, XElement> =
        XDocument.Load(Path.ChangeExtension(assembly, ".xml") |> string).Descendants(XName.Get "member")
        |> Seq.choose (fun element -> element.Attribute(XName.Get "name") |> Option.ofObj |> Option.map (fun name -> name.Value, element))
        |> Map.ofSeq

    /// A line for every public type and member: what a package promises.
    let lines (library: Library) : string list =
        [
            for one in library.Types do
                yield $"{one.Namespace}.{one.Name}: {one.Signature}"

                for part in one.Members do
                    yield $"    {part.Signature}"
        ]

    /// Types and members without a comment: "SparseCore.Parameters.Mask.Count".
    let undocumented (library: Library) : string list =
        [
            for one in library.Types do
                if one.Comment.IsNone then
                    yield $"{one.Namespace}.{one.Name}"

                for part in one.Members do
                    if part.Comment.IsNone then
                        yield $"{one.Namespace}.{one.Name}.{part.Name}"
        ]
