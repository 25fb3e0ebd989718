/// The public part of an F# library, as the F# compiler sees it.
module Docs.FSharpApi

open System
open System.IO
open System.Xml.Linq
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Symbols
open FSharp.Compiler.Text

let private shownType (context: FSharpDisplayContext) (one: FSharpType) = one.Format(context).Replace("\n", " ")

/// Several types that a signature needs in one word stand in brackets.
let private bracketed (text: string) = if text.Contains "->" then $"({text})" else text

let private parameters (context: FSharpDisplayContext) (one: FSharpMemberOrFunctionOrValue) =
    [
        for group in one.CurriedParameterGroups do
            let shown =
                [
                    for parameter in group do
                        let text = shownType context parameter.Type |> bracketed

                        match parameter.Name with
                        | Some name -> $"{name}: {text}"
                        | None -> text
                ]

            match shown with
            | [] -> "unit"
            | all -> String.Join(" * ", all)
    ]

let private signature (context: FSharpDisplayContext) (one: FSharpMemberOrFunctionOrValue) =
    let result = shownType context one.ReturnParameter.Type
    let arguments = parameters context one

    let word =
        if one.IsConstructor then "new"
        elif one.IsMember && not one.IsInstanceMember then "static member"
        elif one.IsMember then "member"
        elif one.IsMutable then "val mutable"
        else "val"

    let name = if one.IsConstructor then "" else " " + one.DisplayName
    let all = if one.IsProperty || arguments.IsEmpty then [ result ] else arguments @ [ result ]
    let arrow = String.Join(" -> ", all)
    $"{word}{name}: {arrow}"

let private kind (entity: FSharpEntity) =
    if entity.IsFSharpModule then "module"
    elif entity.IsFSharpRecord then "record"
    elif entity.IsFSharpUnion then "union"
    elif entity.IsFSharpExceptionDeclaration then "exception"
    elif entity.IsFSharpAbbreviation then "abbreviation"
    elif entity.IsInterface then "interface"
    elif entity.IsEnum then "enum"
    elif entity.IsDelegate then "delegate"
    else "class"

let private members (context: FSharpDisplayContext) (comments: Map<string, XElement>) (entity: FSharpEntity) : Member list =
    let found (id: string) = comments.TryFind id

    [
        for field in entity.FSharpFields do
            if field.Accessibility.IsPublic && not field.IsCompilerGenerated then
                {
                    Id = field.XmlDocSig
                    Name = field.Name
                    Signature = $"{field.Name}: {shownType context field.FieldType}"
                    Comment = found field.XmlDocSig
                }

        for case in entity.UnionCases do
            let shown =
                [
                    for field in case.Fields do
                        let text = shownType context field.FieldType |> bracketed
                        if field.IsNameGenerated then text else $"{field.Name}: {text}"
                ]

            let contents = String.Join(" * ", shown)

            {
                Id = case.XmlDocSig
                Name = case.Name
                Signature = if shown.IsEmpty then $"| {case.Name}" else $"| {case.Name} of {contents}"
                Comment = found case.XmlDocSig
            }

        for one in entity.MembersFunctionsAndValues do
            let isAccessor = one.IsPropertyGetterMethod || one.IsPropertySetterMethod
            let isTester = entity.UnionCases |> Seq.exists (fun case -> one.DisplayName = "Is" + case.Name)
            let isRecordField = entity.FSharpFields |> Seq.exists (fun field -> field.Name = one.DisplayName)

            let isHidden =
                one.IsCompilerGenerated || isAccessor || isTester || isRecordField || one.IsOverrideOrExplicitInterfaceImplementation

            if one.Accessibility.IsPublic && not isHidden then
                {
                    Id = one.XmlDocSig
                    Name = if one.IsConstructor then entity.DisplayName else one.DisplayName
                    Signature = signature context one
                    // A class that is made in one way has its comment on the class.
                    Comment =
                        found one.XmlDocSig |> Option.orElseWith (fun () -> if one.IsConstructor then found entity.XmlDocSig else None)
                }
    ]

/// Values of a module stand as they were written; the compiler keeps no order of a type's members.
let private ordered (entity: FSharpEntity) (all: Member list) : Member list =
    if entity.IsFSharpModule then
        all
    else
        let data, rest =
            all
            |> List.partition (fun one ->
                not (one.Signature.Contains "member " || one.Signature.StartsWith("new:", StringComparison.Ordinal)))

        data @ List.sortBy (fun one -> one.Name, one.Signature) rest

let rec private entities (path: string) (entity: FSharpEntity) : (string * FSharpEntity) list =
    [
        if entity.Accessibility.IsPublic then
            let name = if path = "" then entity.DisplayName else $"{path}.{entity.DisplayName}"

            if not entity.IsNamespace then
                name, entity

            for inner in entity.NestedEntities do
                yield! entities (if entity.IsNamespace then path else name) inner
    ]

/// Reads a library and its documentation file; `references` are the libraries that it uses.
let read (references: string seq) (path: string) : Library =
    let checker = FSharpChecker.Create()
    let folder = Directory.CreateTempSubdirectory("docs-").FullName

    try
        let source = Path.Combine(folder, "reader.fs")
        File.WriteAllText(source, "module Reader\n")

        let arguments =
            [|
                "--noframework"
                "--targetprofile:netcore"
                "-r:" + path
                for reference in references do
                    "-r:" + reference
                source
            |]

        let options = checker.GetProjectOptionsFromCommandLineArgs(Path.Combine(folder, "reader.fsproj"), arguments)
        let results = checker.ParseAndCheckProject options |> Async.RunSynchronously

        let assembly =
            results.ProjectContext.GetReferencedAssemblies()
            |> List.find (fun assembly -> assembly.FileName |> Option.exists (fun file -> Path.GetFullPath file = Path.GetFullPath path))

        let comments = Api.comments path

        {
            Name = Path.GetFileNameWithoutExtension path |> string
            Language = "fsharp"
            Types =
                [
                    for top in assembly.Contents.Entities do
                        for name, entity in entities "" top do
                            let space = top.Namespace |> Option.defaultValue ""

                            let context = FSharpDisplayContext.Empty.WithShortTypeNames true

                            let title =
                                match List.ofSeq entity.GenericParameters with
                                | [] -> name
                                | all -> name + "<" + String.Join(", ", all |> List.map (fun one -> "'" + one.Name)) + ">"

                            {
                                Id = entity.XmlDocSig
                                Namespace = space
                                Name = title
                                Kind = kind entity
                                Signature =
                                    match kind entity with
                                    | "module" -> $"module {name}"
                                    | "abbreviation" -> $"type {title} = {shownType context entity.AbbreviatedType}"
                                    | "exception" -> $"exception {title}"
                                    | _ -> $"type {title}"
                                Comment = comments.TryFind entity.XmlDocSig
                                Members = members context comments entity |> ordered entity
                            }
                ]
                |> List.sortBy (fun one -> one.Namespace, one.Name, one.Kind, one.Id)
        }
    finally
        Directory.Delete(folder, true)
