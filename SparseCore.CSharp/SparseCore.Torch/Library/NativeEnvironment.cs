using System.Runtime.InteropServices;

namespace SparseCore.Torch.Library;

/// <summary>The C library's environment, which native libraries read, and which .NET's copy does not change.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable.</summary>
    /// <returns>Whether it is set; false on Windows.</returns>
    public static bool Set(string name, string value, bool isOverwriting) =>
        !OperatingSystem.IsWindows() && SetVariable(name, value, isOverwriting ? 1 : 0) == 0;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
