namespace SparseCore;

/// <summary>This machine, as others that share a file system with it tell machines apart.</summary>
internal static class ThisHost
{
    private const int HashDigits = 8;
    private const int MostLetters = 60;

    /// <summary>Its name: the one it has in the cluster, where Slurm started this process.</summary>
    public static string Name { get; } = Environment.GetEnvironmentVariable("SLURMD_NODENAME") is { Length: > 0 } name ? name : Environment.MachineName;

    /// <summary>
    /// Its name and 8 digits for the start of its system, where that is known: letters, digits and hyphens. Two machines of one name differ in it, and so does a machine
    /// before and after a restart.
    /// </summary>
    public static string Id { get; } = $"{new string([.. Name.Take(MostLetters).Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')])}-{Start()}";

    /// <summary>Whether a text ends as <see cref="Id"/> does.</summary>
    public static bool IsId(string text) => text.Length > HashDigits + 1
        && text[^(HashDigits + 1)] == '-'
        && text.AsSpan()[^HashDigits..].IndexOfAnyExcept("0123456789abcdef") < 0
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    private static string Start()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        try
        {
            if (File.Exists(path) && File.ReadAllText(path) is { Length: >= HashDigits } text)
            {
                return text[..HashDigits].ToLowerInvariant();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not told here; names alone tell machines apart.
        }

        return new string('0', HashDigits);
    }
}
