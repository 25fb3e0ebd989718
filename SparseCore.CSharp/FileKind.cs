using System.Text;

namespace SparseCore;

/// <summary>Names what a file is by its first bytes, where it is something else than what was asked for.</summary>
internal static class FileKind
{
    /// <summary>Bytes of a file that are enough to tell.</summary>
    public const int StartBytes = 512;

    /// <summary>What the file is and what to do about it, or null when its first bytes say nothing.</summary>
    /// <param name="start">The file's first bytes, <see cref="StartBytes"/> or all it has.</param>
    public static (string Found, string Remedy)? OfCheckpoint(ReadOnlySpan<byte> start)
    {
        const string save = "Load it with torch.load and save its state with safetensors.torch.save_file(model.state_dict(), 'file.safetensors').";
        if (start.IsEmpty)
        {
            return ("an empty file", "Get the file again.");
        }

        if (start.Length > 8 && start[8] == (byte)'{' && start[4..8] is [0, 0, 0, 0])
        {
            return null; // the length of a safetensors header, and its first letter
        }

        if (start is [(byte)'P', (byte)'K', 3, 4, ..])
        {
            return ("a zip archive, which is what torch.save writes (.pth, .pt)", save);
        }

        if (start is [0x80, >= 2 and <= 5, ..])
        {
            return ("a Python pickle, which is what old versions of torch.save wrote (.pth, .pt)", save);
        }

        if (start.StartsWith("version https://git-lfs"u8))
        {
            return ("a Git LFS pointer, which stands for a file that was not downloaded", "Fetch the file itself with 'git lfs pull'.");
        }

        if (start is [0x89, (byte)'H', (byte)'D', (byte)'F', ..])
        {
            return ("an HDF5 file (Keras' .h5)", "Load it where it was made and save its tensors as safetensors.");
        }

        if (start is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..])
        {
            return ("a NumPy array (.npy)", "Save all tensors of the network in one file with safetensors.numpy.save_file.");
        }

        if (start.StartsWith("GGUF"u8))
        {
            return ("a GGUF file (llama.cpp)", "Save the network's tensors as safetensors.");
        }

        if (start is [0x1F, 0x8B, ..])
        {
            return ("a gzip file", "Unpack it with gunzip.");
        }

        var text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        return text switch
        {
            _ when text.StartsWith('{') && (text.Contains("weight_map", StringComparison.Ordinal) || text.Contains("total_size", StringComparison.Ordinal)) =>
                ("the index of a network that is split over several files (index.json)", "Join its parts into one safetensors file: load all and save them with safetensors.torch.save_file."),
            _ when text.StartsWith('{') => ("JSON text", "Name the safetensors file itself."),
            _ when text.StartsWith('<') => ("an HTML or XML page, perhaps an error page of a download", "Fetch the file again."),
            _ => null,
        };
    }
}
