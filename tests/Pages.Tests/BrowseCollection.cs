namespace Pages.Tests;

/// <summary>The tests that share one <see cref="BrowseServer"/>, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class BrowseCollection : ICollectionFixture<BrowseServer>
{
    /// <summary>Its name.</summary>
    public const string Name = "browse";
}
