using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace SparseCore.GpuChecks;

/// <summary>Runs the tests of a class without a test runner, which would need the .NET SDK.</summary>
internal static class FactRunner
{
    /// <summary>Runs every fact, and every case of every theory.</summary>
    /// <param name="tests">An object with tests.</param>
    /// <param name="cases">Cases of a theory that are run at most.</param>
    /// <returns>How many were run, and a line for each that failed.</returns>
    public static (int Count, IReadOnlyList<string> Failures) Run(object tests, int cases)
    {
        var (count, failures) = (0, new List<string>());
        foreach (var method in tests.GetType().GetMethods().Where(method => method.IsDefined(typeof(FactAttribute))))
        {
            foreach (var arguments in Cases(method).Take(cases))
            {
                count++;
                if (Failure(tests, method, arguments) is { } message)
                {
                    failures.Add($"{method.Name}({string.Join(", ", arguments)}): {message}");
                }
            }
        }

        return (count, failures);
    }

    private static IEnumerable<object?[]> Cases(MethodInfo method) => method.IsDefined(typeof(TheoryAttribute))
        ? method.GetCustomAttributes<DataAttribute>().SelectMany(source => source.GetData(method))
        : [[]];

    private static string? Failure(object tests, MethodInfo method, object?[] arguments)
    {
        try
        {
            method.Invoke(tests, arguments);
            return null;
        }
        catch (TargetInvocationException error)
        {
            return string.Join(' ', error.InnerException!.Message.Split('\n').Select(line => line.Trim()));
        }
    }
}
