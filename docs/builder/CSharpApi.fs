/// The public part of a C# library, as the C# compiler sees it.
module Docs.CSharpApi

open System
open System.IO
open System.Xml.Linq
open Microsoft.CodeAnalysis
open Microsoft.CodeAnalysis.CSharp

let private format =
    SymbolDisplayFormat(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        SymbolDisplayGenericsOptions.IncludeTypeParameters
        ||| SymbolDisplayGenericsOptions.IncludeTypeConstraints
        ||| SymbolDisplayGenericsOptions.IncludeVariance,
        SymbolDisplayMemberOptions.IncludeParameters
        ||| SymbolDisplayMemberOptions.IncludeType
        ||| SymbolDisplayMemberOptions.IncludeModifiers
        ||| SymbolDisplayMemberOptions.IncludeRef
        ||| SymbolDisplayMemberOptions.IncludeConstantValue,
        SymbolDisplayDelegateStyle.NameAndSignature,
        SymbolDisplayExtensionMethodStyle.StaticMethod,
        SymbolDisplayParameterOptions.IncludeType
        ||| SymbolDisplayParameterOptions.IncludeName
        ||| SymbolDisplayParameterOptions.IncludeDefaultValue
        ||| SymbolDisplayParameterOptions.IncludeParamsRefOut
        ||| SymbolDisplayParameterOptions.IncludeExtensionThis,
        SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        SymbolDisplayLocalOptions.None,
        SymbolDisplayKindOptions.IncludeTypeKeyword ||| SymbolDisplayKindOptions.IncludeMemberKeyword,
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes
        ||| SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
        ||| SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
    )

let private nameFormat =
    SymbolDisplayFormat(
        typeQualificationStyle = SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions = SymbolDisplayGenericsOptions.IncludeTypeParameters
    )

let private baseFormat =
    nameFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes
        ||| SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
    )

let private isShown (symbol: ISymbol) =
    match symbol.DeclaredAccessibility with
    | Accessibility.Public
    | Accessibility.Protected
    | Accessibility.ProtectedOrInternal -> true
    | _ -> false

/// Whether the compiler wrote it, as it does for records.
let private isWritten (symbol: ISymbol) =
    symbol.IsImplicitlyDeclared
    || symbol.GetAttributes()
       |> Seq.exists (fun attribute ->
           match attribute.AttributeClass with
           | null -> false
           | known -> known.Name = "CompilerGeneratedAttribute")

let private id (symbol: ISymbol) = symbol.GetDocumentationCommentId() |> string

/// What a member's comment is inherited from: what it overrides, or the interface's member that it is.
let private sources (symbol: ISymbol) : ISymbol list =
    let overridden: ISymbol option =
        match symbol with
        | :? IMethodSymbol as one -> one.OverriddenMethod |> Option.ofObj |> Option.map (fun found -> found :> ISymbol)
        | :? IPropertySymbol as one -> one.OverriddenProperty |> Option.ofObj |> Option.map (fun found -> found :> ISymbol)
        | :? INamedTypeSymbol as one -> one.BaseType |> Option.ofObj |> Option.map (fun found -> found :> ISymbol)
        | _ -> None

    let implemented =
        match symbol, symbol.ContainingType with
        | :? INamedTypeSymbol as one, _ -> [ for known in one.AllInterfaces -> known :> ISymbol ]
        | _, null -> []
        | _, owner ->
            [
                for known in owner.AllInterfaces do
                    for part in known.GetMembers() do
                        if SymbolEqualityComparer.Default.Equals(owner.FindImplementationForInterfaceMember part, symbol) then
                            part
            ]

    Option.toList overridden @ implemented

/// Of what is inherited from the base library, its name is told.
let private elsewhere (source: ISymbol) =
    let see = XElement(XName.Get "see", XAttribute(XName.Get "cref", id source))
    XElement(XName.Get "member", XElement(XName.Get "summary", "As ", see, "."))

let rec private comment (comments: Map<string, XElement>) (symbol: ISymbol) : XElement option =
    match comments.TryFind(id symbol) with
    | Some element when isNull (element.Element(XName.Get "inheritdoc")) -> Some element
    | Some _ ->
        let known = sources symbol |> List.map _.OriginalDefinition

        known |> List.tryPick (comment comments) |> Option.orElseWith (fun () -> known |> List.tryHead |> Option.map elsewhere)
    | None -> None

/// A property of a record's header has the record's comment on its parameter.
let private parameterComment (owner: XElement option) (name: string) =
    owner
    |> Option.bind (fun element ->
        element.Elements(XName.Get "param")
        |> Seq.tryFind (fun part -> part.Attribute(XName.Get "name") |> Option.ofObj |> Option.exists (fun given -> given.Value = name)))
    |> Option.map (fun part -> XElement(XName.Get "member", XElement(XName.Get "summary", part.Nodes())))

let private kind (symbol: INamedTypeSymbol) =
    if symbol.IsRecord then "record"
    elif symbol.IsStatic then "static class"
    else symbol.TypeKind.ToString().ToLowerInvariant()

let private modifiers (symbol: INamedTypeSymbol) =
    match symbol.TypeKind with
    | TypeKind.Class when symbol.IsStatic -> "static "
    | TypeKind.Class when symbol.IsAbstract -> "abstract "
    | TypeKind.Class when symbol.IsSealed -> "sealed "
    | _ -> ""

let private bases (symbol: INamedTypeSymbol) =
    let parent =
        match symbol.BaseType with
        | null -> []
        | one when symbol.TypeKind <> TypeKind.Class || one.SpecialType = SpecialType.System_Object -> []
        | one -> [ one ]

    let interfaces =
        symbol.Interfaces |> Seq.filter (fun known -> not (symbol.IsRecord && known.Name = "IEquatable")) |> List.ofSeq

    match parent @ interfaces with
    | [] -> ""
    | all -> " : " + String.Join(", ", all |> List.map (fun one -> one.ToDisplayString baseFormat))

let private isMember (symbol: ISymbol) =
    isShown symbol
    && not (isWritten symbol)
    && match symbol with
       | :? IMethodSymbol as one ->
           match one.MethodKind with
           | MethodKind.Ordinary
           | MethodKind.Constructor
           | MethodKind.UserDefinedOperator
           | MethodKind.Conversion -> true
           | _ -> false
       | :? IPropertySymbol
       | :? IFieldSymbol
       | :? IEventSymbol -> true
       | _ -> false

let private parts (comments: Map<string, XElement>) (owner: INamedTypeSymbol) (ownersComment: XElement option) : Member list =
    owner.GetMembers()
    |> Seq.filter isMember
    |> Seq.map (fun symbol ->
        let name = if symbol.Name = ".ctor" then owner.Name else symbol.Name

        {
            Id = id symbol
            Name = name
            Signature = symbol.ToDisplayString format
            Comment =
                comment comments symbol
                |> Option.orElseWith (fun () ->
                    match symbol with
                    | :? IPropertySymbol -> parameterComment ownersComment name
                    | :? IMethodSymbol as one when one.MethodKind = MethodKind.Constructor && owner.IsRecord -> ownersComment
                    | _ -> None)
        })
    // A constructor that nobody wrote has no parameters and no comment.
    |> Seq.filter (fun one -> one.Comment.IsSome || not (one.Id.EndsWith(".#ctor", StringComparison.Ordinal)))
    |> Seq.sortBy (fun one -> one.Name, one.Signature)
    |> List.ofSeq

let rec private types (space: INamespaceOrTypeSymbol) : INamedTypeSymbol seq =
    seq {
        for symbol in space.GetMembers() do
            match symbol with
            | :? INamespaceSymbol as inner -> yield! types inner
            | :? INamedTypeSymbol as one when isShown one && not (isWritten one) ->
                yield one
                yield! types one
            | _ -> ()
    }

/// Reads a library and its documentation file; `references` are the libraries that it uses.
let read (references: string seq) (path: string) : Library =
    let reference (file: string) = MetadataReference.CreateFromFile file
    let own = reference path

    let compilation =
        CSharpCompilation.Create(
            "reader",
            references = Seq.append [ own :> MetadataReference ] (references |> Seq.map (fun file -> reference file :> MetadataReference))
        )

    let assembly =
        match compilation.GetAssemblyOrModuleSymbol own with
        | :? IAssemblySymbol as found -> found
        | _ -> failwith $"{path}: expected a library."

    // What implements an interface of another of our libraries may have its comment.
    let comments =
        references
        |> Seq.filter (fun file ->
            (Path.GetFileName file |> string).StartsWith("SparseCore", StringComparison.Ordinal)
            && File.Exists(Path.ChangeExtension(file, ".xml")))
        |> Seq.map Api.comments
        |> Seq.append [ Api.comments path ]
        |> Seq.collect Map.toSeq
        |> Map.ofSeq

    {
        Name = Path.GetFileNameWithoutExtension path |> string
        Language = "csharp"
        Types =
            types assembly.GlobalNamespace
            |> Seq.map (fun symbol ->
                let found = comment comments symbol

                {
                    Id = id symbol
                    Namespace = symbol.ContainingNamespace.ToDisplayString()
                    Name = symbol.ToDisplayString nameFormat
                    Kind = kind symbol
                    Signature = modifiers symbol + symbol.ToDisplayString format + bases symbol
                    Comment = found
                    Members = if symbol.TypeKind = TypeKind.Delegate then [] else parts comments symbol found
                })
            |> Seq.sortBy (fun one -> one.Namespace, one.Name)
            |> List.ofSeq
    }
