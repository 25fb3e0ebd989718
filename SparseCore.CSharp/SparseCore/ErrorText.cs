namespace SparseCore;

/// <summary>What an exception says, fit to be shown: without the names of a method's parameters, on one line, foreign text in it made visible.</summary>
public static class ErrorText
{
    /// <summary>The reason alone, with its full stop.</summary>
    public static string Of(Exception exception)
    {
        if (exception is not ArgumentException { ParamName: { Length: > 0 } parameter } argument)
        {
            return ForeignText.OneLine(exception.Message);
        }

        var text = argument.Message.Replace($" (Parameter '{parameter}')", string.Empty, StringComparison.Ordinal);
        return ForeignText.OneLine(text.ReplaceLineEndings("\n").Replace("\nActual value was ", " Found ", StringComparison.Ordinal));
    }

    /// <summary>The message "path: subject: expected ..., found .... remedy".</summary>
    internal static string Of(string path, string subject, string expected, string found, string remedy) =>
        $"{ForeignText.OneLine(path)}: {ForeignText.OneLine(subject)}: expected {ForeignText.OneLine(expected)}, found {ForeignText.OneLine(found)}."
        + (remedy.Length > 0 ? " " + ForeignText.OneLine(remedy) : "");
}
