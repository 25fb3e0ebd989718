using System.Runtime.InteropServices;

namespace SparseCore.Torch.Library;

/// <summary>Switches of a loaded libtorch (at::Context) that TorchSharp 0.107 does not hand out. They belong to the whole process.</summary>
/// <param name="folder">The folder of the loaded libtorch.</param>
internal sealed unsafe class LibtorchContext(string folder)
{
    private readonly nint library = NativeLibrary.TryLoad(Path.Combine(folder, LibtorchPlatform.Current!.Processor), out var found) ? found : 0;

    /// <summary>Sets a switch.</summary>
    /// <param name="name">The name of the method: "setUserEnabledMkldnn".</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it is set; false where the library does not show it (Windows).</returns>
    public bool TrySet(string name, bool value)
    {
        if (Find($"_ZN2at7Context{name.Length}{name}Eb") is not (var place and not 0, var function))
        {
            return false;
        }

        ((delegate* unmanaged<nint, byte, void>)function)(place, Byte(value));
        return true;
    }

    /// <summary>As <see cref="TrySet(string, bool)"/>, for a switch with a second value.</summary>
    public bool TrySet(string name, bool value, bool second)
    {
        if (Find($"_ZN2at7Context{name.Length}{name}Ebb") is not (var place and not 0, var function))
        {
            return false;
        }

        ((delegate* unmanaged<nint, byte, byte, void>)function)(place, Byte(value), Byte(second));
        return true;
    }

    /// <summary>Reads a switch; null where the library does not show it.</summary>
    /// <param name="name">The name of the method: "userEnabledMkldnn".</param>
    public bool? Read(string name) =>
        Find($"_ZNK2at7Context{name.Length}{name}Ev") is (var place and not 0, var function) ? ((delegate* unmanaged<nint, byte>)function)(place) != 0 : null;

    private static byte Byte(bool value) => value ? (byte)1 : (byte)0;

    /// <summary>The context and a method of it, or zeros.</summary>
    private (nint Place, nint Function) Find(string symbol) =>
        library != 0 && NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context) && NativeLibrary.TryGetExport(library, symbol, out var function)
            ? (((delegate* unmanaged<nint>)context)(), function)
            : (0, 0);
}
