using System.Runtime.InteropServices;

namespace SparseCore.Data;

/// <summary>
/// The functions of libjpeg-turbo's TurboJPEG API (2.x; still exported by 3.x) that decoding takes, loaded when they are first needed, so that
/// everything else runs without the library.
/// </summary>
internal sealed unsafe class TurboJpeg
{
    /// <summary>Pixels of 4 bytes: red, green, blue and one unused.</summary>
    public const int PixelsRgbx = 2;

    /// <summary>Pixels of 4 bytes: cyan, magenta, yellow, black.</summary>
    public const int PixelsCmyk = 11;

    /// <summary>The exact DCT, and files of very many scans are refused.</summary>
    public const int Flags = 4096 | 32768;

    /// <summary>A further flag: a warning ends the decoding.</summary>
    public const int StopAtWarning = 8192;

    /// <summary>The error code of a warning.</summary>
    public const int Warning = 0;

    private static readonly string[] Names = OperatingSystem.IsWindows() ? ["turbojpeg.dll", "libturbojpeg.dll"]
        : OperatingSystem.IsMacOS() ? ["libturbojpeg.0.dylib", "libturbojpeg.dylib", "/opt/homebrew/lib/libturbojpeg.dylib", "/usr/local/lib/libturbojpeg.dylib"]
        : ["libturbojpeg.so.0", "libturbojpeg.so"];

    private static readonly Lazy<TurboJpeg?> Loaded = new(() => TryLoad(Names));

    private TurboJpeg(nint library)
    {
        InitDecompress = (delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, "tjInitDecompress");
        Destroy = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjDestroy");
        Decompress = (delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int>)NativeLibrary.GetExport(library, "tjDecompress2");
        ErrorText = (delegate* unmanaged[Cdecl]<nint, byte*>)NativeLibrary.GetExport(library, "tjGetErrorStr2");
        ErrorCode = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjGetErrorCode");
    }

    /// <summary>Whether the library is there.</summary>
    public static bool IsAvailable => Loaded.Value is not null;

    /// <summary>tjInitDecompress: a new decoder.</summary>
    public delegate* unmanaged[Cdecl]<nint> InitDecompress { get; }

    /// <summary>tjDestroy: frees a decoder.</summary>
    public delegate* unmanaged[Cdecl]<nint, int> Destroy { get; }

    /// <summary>tjDecompress2: decoder, file, length, pixels, width, bytes of a row, height, pixel format, flags.</summary>
    public delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int> Decompress { get; }

    /// <summary>tjGetErrorStr2: what went wrong.</summary>
    public delegate* unmanaged[Cdecl]<nint, byte*> ErrorText { get; }

    /// <summary>tjGetErrorCode: whether the last call met a warning, or an error alone.</summary>
    public delegate* unmanaged[Cdecl]<nint, int> ErrorCode { get; }

    /// <summary>The loaded library.</summary>
    /// <exception cref="DataException">It is not installed; says how to install it.</exception>
    public static TurboJpeg Require() => RequireLoaded(Loaded.Value);

    /// <summary>Refuses a library that could not be loaded.</summary>
    /// <exception cref="DataException">There is none; says how to install it.</exception>
    internal static TurboJpeg RequireLoaded(TurboJpeg? library) => library ?? throw new DataException(
        "JPEG files are decoded with libjpeg-turbo, which is not installed here. Install it with 'apt-get install libturbojpeg0' (Debian, Ubuntu), "
        + "'dnf install turbojpeg' (Fedora) or 'brew install jpeg-turbo' (macOS) and start the same command again.");

    /// <summary>The first library that can be loaded and has all functions, or null.</summary>
    internal static TurboJpeg? TryLoad(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                try
                {
                    return new TurboJpeg(library);
                }
                catch (EntryPointNotFoundException)
                {
                    NativeLibrary.Free(library);
                }
            }
        }

        return null;
    }
}
