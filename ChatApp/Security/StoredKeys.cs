using System.Xml.Linq;
using ChatApp.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace ChatApp.Security;

/// <summary>
/// The keys that sign what the server hands to a page and takes back, kept in the database: who is signed in stays so when the server starts
/// again, on every node. By default the framework writes them to the user's profile.
/// </summary>
public static class StoredKeys
{
    public static IServiceCollection AddStoredKeys(this IServiceCollection services)
    {
        // By default the app's directory is part of every signature, and another node's may be another one.
        services.AddDataProtection().SetApplicationName("ChatApp");
        // Whoever can read the database can read the conversations anyway: the keys are not sealed with another one that would lie beside them.
        services.AddOptions<KeyManagementOptions>().Configure<KeyStore>((options, keys) =>
            (options.XmlRepository, options.XmlEncryptor) = (new Repository(keys), new NullXmlEncryptor()));
        return services;
    }

    private sealed class Repository(KeyStore keys) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements() => [.. keys.All().Select(xml => XElement.Parse(xml))];

        public void StoreElement(XElement element, string friendlyName) => keys.Add(friendlyName, element.ToString(SaveOptions.DisableFormatting));
    }
}
