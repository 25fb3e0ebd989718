namespace SparseCore;

/// <summary>What an exception says, fit to be shown: without the names of a method's parameters, on one line.</summary>
public static class ErrorText
{
    /// <summary>The reason alone, with its full stop.</summary>
    public static string Of(Exception exception)
    {
        if (exception is not ArgumentException { ParamName: { Length: > 0 } parameter } argument)
        {
            return exception.Message;
        }

        var text = argument.Message.Replace($" (Parameter '{parameter}')", string.Empty, StringComparison.Ordinal);
        return text.ReplaceLineEndings("\n").Replace("\nActual value was ", " Found ", StringComparison.Ordinal).ReplaceLineEndings(" ");
    }
}
