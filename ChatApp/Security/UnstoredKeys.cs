using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace ChatApp.Security;

/// <summary>
/// The keys that sign what the server hands to a page and takes back. What they protect is of no use after the process has ended, so they
/// end with it; by default the framework writes them to the user's profile.
/// </summary>
public static class UnstoredKeys
{
    public static IServiceCollection AddUnstoredKeys(this IServiceCollection services)
    {
        services.AddDataProtection();
        // Not the framework's ephemeral provider: beside that one a key is still made at the start, and written.
        services.Configure<KeyManagementOptions>(options => (options.XmlRepository, options.XmlEncryptor) = (new Memory(), new NullXmlEncryptor()));
        return services;
    }

    private sealed class Memory : IXmlRepository
    {
        private readonly ConcurrentQueue<XElement> _keys = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [.. _keys];

        public void StoreElement(XElement element, string friendlyName) => _keys.Enqueue(element);
    }
}
